package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// row of a file. The header is not a row, nor is an empty line.
type row struct {
	number int // from 1
	line   int // where it begins in the file, from 1
	user   scim.Resource
	err    error // why the row cannot be sent, or nil
	// cells (CSV) or given (JSON lines) is the row as it was read.
	cells []string
	given scim.Resource
	// sharing is the line of an earlier row with the same e-mail address, or 0.
	sharing int
}

// Source is a file of users. Open has checked that every row can be read, but not the values in
// them.
type Source struct {
	path string
	csv  bool
	rows int
	sum  string // SHA-256 of the file, in hex
	// schemas define the types of CSV columns.
	schemas scim.Schemas
	// duplicates and sharing map a row to the line of the first row with the same userName, or with
	// the same e-mail address.
	duplicates, sharing map[int]int
}

// Open reads and checks a whole file: CSV if its name ends in .csv, JSON lines if it ends in
// .jsonl or .ndjson. It sends nothing. Errors in the file name the file, and the line or column.
func Open(ctx context.Context, path string) (*Source, error) {
	s := &Source{path: path, schemas: scim.CoreSchemas(), duplicates: map[int]int{}, sharing: map[int]int{}}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		s.csv = true
	case ".jsonl", ".ndjson":
	default:
		return nil, fmt.Errorf("%s is neither .csv nor .jsonl (or .ndjson)", path)
	}
	names, addresses := lines{}, lines{}
	sum, err := s.read(ctx, func(x row) error {
		s.rows = x.number
		if first := names.of(document.Text(x.user.Raw("userName")), x.line); first > 0 {
			s.duplicates[x.number] = first
		}
		for _, e := range document.Elements(x.user.Raw("emails")) {
			email, _ := scim.ParseResource([]byte(e)) // another value has no address
			if first := addresses.of(document.Text(email.Raw("value")), x.line); first > 0 && first != x.line {
				s.sharing[x.number] = first
			}
		}
		return nil
	})
	s.sum = sum
	return s, err
}

// lines has the first line of each text, by its hash.
type lines map[[16]byte]int

// of returns the first line of a text, in any letter case. It returns 0 if this is the first one,
// or if the text is empty.
func (l lines) of(text string, line int) int {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return 0
	}
	h := sha256.Sum256([]byte(text))
	key := [16]byte(h[:16])
	first := l[key]
	if first == 0 {
		l[key] = line
	}
	return first
}

// each calls do for every row, in order. It fails if the file is not the one that Open read.
func (s *Source) each(ctx context.Context, do func(row) error) error {
	changed := fmt.Errorf("%s was changed while it was read; run the command again when it is complete", s.path)
	sum, err := s.read(ctx, func(x row) error {
		if x.number > s.rows {
			return changed
		}
		if n, ok := s.duplicates[x.number]; ok && x.err == nil {
			x.err = fmt.Errorf("line %d has the same userName", n)
		}
		x.sharing = s.sharing[x.number]
		return do(x)
	})
	if err == nil && sum != s.sum {
		err = changed
	}
	return err
}

// read calls do for every row and returns the hash of the file.
func (s *Source) read(ctx context.Context, do func(row) error) (sum string, err error) {
	f, err := os.Open(s.path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	in := newReader(f)
	start, _ := in.Peek(look)
	if err := utf16(start); err != nil {
		return "", fmt.Errorf("%s: %w", s.path, err)
	}
	next := in.lines()
	if s.csv {
		next, err = in.records(s.schemas)
	}
	n := 1
	for ; err == nil; n++ {
		var x row
		if x, err = next(); err != nil {
			break
		}
		x.number = n
		if err = do(x); err == nil {
			err = ctx.Err()
		}
		in.left = maxRow
	}
	switch {
	case errors.Is(err, io.EOF):
		return hex.EncodeToString(in.hash.Sum(nil)), nil
	case errors.Is(err, errTooLong):
		return "", fmt.Errorf("%s: %w (rows before it: %d); is a closing quote or a line break missing?", s.path, err, n-1)
	case errors.As(err, new(formError)):
		return "", fmt.Errorf("%s: %w", s.path, err)
	}
	return "", err
}
