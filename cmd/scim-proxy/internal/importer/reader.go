package importer

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/bounds"
)

const (
	// reasonName is the column or member of a file of failures that holds the reason. An import
	// ignores it.
	reasonName = "#error"
	// maxRow is the maximum length of a row in bytes. A longer one is probably a missing quote.
	maxRow = 1 << 20
	// maxDepth is the maximum nesting of a row's JSON.
	maxDepth = 50
)

// formError reports that a file is not CSV or JSON lines of users.
type formError struct{ error }

func form(format string, args ...any) error { return formError{fmt.Errorf(format, args...)} }

// reader reads rows, and hashes the file. It fails on a row longer than maxRow, so that a file
// without line breaks is never read into memory.
type reader struct {
	*bufio.Reader
	from io.Reader
	hash hash.Hash
	left int // how many more bytes the current row may have
}

func newReader(from io.Reader) *reader {
	r := &reader{hash: sha256.New(), left: maxRow}
	r.from = io.TeeReader(from, r.hash)
	r.Reader = bufio.NewReader(bounded{r})
	if mark, _ := r.Peek(3); string(mark) == "\xef\xbb\xbf" { // spreadsheets write a byte order mark
		_, _ = r.Discard(3)
	}
	return r
}

var errTooLong = formError{errors.New("a row is longer than 1 MiB")}

// bounded is the source of a reader's buffer.

type bounded struct{ *reader }

func (b bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// records reads the header of a CSV file, and returns a function that reads the next row.
func (r *reader) records(schemas scim.Schemas) (func() (row, error), error) {
	start, _ := r.Peek(look)
	if err := separated(start); err != nil {
		return nil, err
	}
	in := csv.NewReader(r.Reader)
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, form("there is no header row; the first line must name the columns")
	}
	if err != nil {
		return nil, csvError(err)
	}
	columns, err := readHeader(schemas, header)
	if err != nil {
		return nil, formError{err}
	}
	return func() (row, error) {
		cells, err := in.Read()
		if err != nil {
			return row{}, csvError(err)
		}
		x := row{cells: cells}
		x.line, _ = in.FieldPos(0)
		for i, c := range cells {
			if err := notUTF8(c); err != nil {
				line, _ := in.FieldPos(i)
				return row{}, form("line %d %w", line, err)
			}
		}
		x.user, x.err = columns.user(cells)
		return x, nil
	}, nil
}

func csvError(err error) error {
	if errors.As(err, new(*csv.ParseError)) {
		return formError{err}
	}
	return err
}

// lines returns a function that reads the next row of JSON lines.
func (r *reader) lines() func() (row, error) {
	line := 0
	return func() (row, error) {
		for {
			line++
			text, err := r.ReadString('\n')
			if err != nil && (text == "" || !errors.Is(err, io.EOF)) {
				return row{}, err
			}
			if text = strings.TrimSpace(text); text == "" {
				continue
			}
			x, err := readLine(text)
			if err != nil {
				return row{}, form("line %d %w", line, err)
			}
			x.line = line
			return x, nil
		}
	}
}

func readLine(text string) (row, error) {
	if err := notUTF8(text); err != nil {
		return row{}, err
	}
	switch {
	case !json.Valid([]byte(text)):
		return row{}, errors.New("is not valid JSON")
	case text[0] != '{':
		return row{}, errors.New("is not a JSON object")
	}
	if err := bounds.JSON([]byte(text), maxDepth); err != nil {
		return row{}, errors.New("is wrong: " + scim.AsError(err).Detail)
	}
	given, err := scim.ParseResource([]byte(text))
	if err != nil {
		return row{}, errors.New("is wrong: " + scim.AsError(err).Detail)
	}
	x := row{given: given, user: scim.WithSchemas(scim.User, given.Without(reasonName))}
	if given.Raw("password") != "" {
		x.err = errPassword
	}
	return x, nil
}
