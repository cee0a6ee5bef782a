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
	"slices"
	"strings"
	"unicode/utf8"

	"keycloak-scim-proxy/proxy/scim"
)

const (
	// note is the name of a column or member that an import ignores: the reason in a file of failures.
	note = "#error"
	// maxRow is the longest row in bytes, and maxDepth how deep its JSON may nest: what is longer is no row, but a quote that was forgotten.
	maxRow   = 1 << 20
	maxDepth = 50
)

// formError is what is wrong with the form of a file.
type formError struct{ error }

func form(format string, args ...any) error { return formError{fmt.Errorf(format, args...)} }

// reader reads rows. It gives up where one is too long, so that a file without an end of line is never in memory.
type reader struct {
	*bufio.Reader
	from io.Reader
	hash hash.Hash
	left int // bytes that the row may still have
}

func newReader(from io.Reader) *reader {
	r := &reader{hash: sha256.New(), left: maxRow}
	r.from = io.TeeReader(from, r.hash)
	r.Reader = bufio.NewReader(bounded{r})
	if mark, _ := r.Peek(3); string(mark) == "\xef\xbb\xbf" { // spreadsheets write one
		_, _ = r.Discard(3)
	}
	return r
}

var errTooLong = formError{errors.New("a row is longer than 1 MiB")}

type bounded struct{ *reader }

func (b bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLong
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// records reads a CSV file's header, and returns what reads its rows.
func (r *reader) records(schemas scim.Schemas) (func() (row, error), error) {
	in := csv.NewReader(r.Reader)
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, form("there is no header row")
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
		if slices.ContainsFunc(cells, func(c string) bool { return !utf8.ValidString(c) }) {
			line, _ := in.FieldPos(0)
			return row{}, form("line %d is not UTF-8", line)
		}
		x := row{cells: cells}
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

// lines returns what reads the rows of a file of JSON lines.
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
				return row{}, form("line %d: %w", line, err)
			}
			return x, nil
		}
	}
}

func readLine(text string) (row, error) {
	switch {
	case !utf8.ValidString(text):
		return row{}, errors.New("it is not UTF-8")
	case !json.Valid([]byte(text)):
		return row{}, errors.New("it is not valid JSON")
	case text[0] != '{':
		return row{}, errors.New("it is not a JSON object")
	}
	if err := scim.CheckJSON([]byte(text), maxDepth); err != nil {
		return row{}, errors.New(scim.AsError(err).Detail)
	}
	given, err := scim.ParseResource([]byte(text))
	if err != nil {
		return row{}, errors.New(scim.AsError(err).Detail)
	}
	x := row{given: given, user: scim.WithSchemas(scim.User, given.Without(note))}
	if given.Raw("password") != "" {
		x.err = errPassword
	}
	return x, nil
}
