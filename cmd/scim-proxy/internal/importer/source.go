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
	user   scim.Resource
	err    error // why the row cannot be sent, or nil
	// cells (CSV) or given (JSON lines) is the row as it was read.
	cells []string
	given scim.Resource
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
	// duplicates maps a row to the earlier row with the same userName.
	duplicates map[int]int
}

// Open reads and checks a whole file: CSV if its name ends in .csv, JSON lines if it ends in
// .jsonl or .ndjson. It sends nothing. Errors in the file name the file, and the line or column.
func Open(ctx context.Context, path string) (*Source, error) {
	s := &Source{path: path, schemas: scim.CoreSchemas(), duplicates: map[int]int{}}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		s.csv = true
	case ".jsonl", ".ndjson":
	default:
		return nil, fmt.Errorf("%s is neither .csv nor .jsonl (or .ndjson)", path)
	}
	first := map[[16]byte]int{} // the first row of each userName, by the hash of the name
	sum, err := s.read(ctx, func(x row) error {
		s.rows = x.number
		name := strings.ToLower(strings.TrimSpace(document.Text(x.user.Raw("userName"))))
		if name == "" {
			return nil
		}
		h := sha256.Sum256([]byte(name))
		key := [16]byte(h[:16])
		if n, taken := first[key]; taken {
			s.duplicates[x.number] = n
		} else {
			first[key] = x.number
		}
		return nil
	})
	s.sum = sum
	return s, err
}

// each calls do for every row, in order. It fails if the file is not the one that Open read.
func (s *Source) each(ctx context.Context, do func(row) error) error {
	changed := fmt.Errorf("%s was changed while it was read; run the command again when it is complete", s.path)
	sum, err := s.read(ctx, func(x row) error {
		if x.number > s.rows {
			return changed
		}
		if n, ok := s.duplicates[x.number]; ok && x.err == nil {
			x.err = fmt.Errorf("row %d has the same userName", n)
		}
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
