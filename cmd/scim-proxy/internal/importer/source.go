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

// row of a file.
type row struct {
	number int // from 1
	user   scim.Resource
	err    error // what is wrong with its values
	// cells or given is the row as it was read.
	cells []string
	given scim.Resource
}

// Source is a file of users that was read through once: its form is right, whatever its values are.
type Source struct {
	path string
	csv  bool
	rows int
	sum  string
	// schemas give the columns of CSV their types.
	schemas scim.Schemas
	// duplicates are the rows whose userName an earlier row has, with that row.
	duplicates map[int]int
}

// Open reads a .csv or .jsonl file through. It fails where the file cannot be read as such; nothing was sent then.
func Open(ctx context.Context, path string) (*Source, error) {
	s := &Source{path: path, schemas: scim.CoreSchemas(), duplicates: map[int]int{}}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv":
		s.csv = true
	case ".jsonl", ".ndjson":
	default:
		return nil, fmt.Errorf("%s is neither .csv nor .jsonl", path)
	}
	first := map[[16]byte]int{} // of each name, by its hash
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

// each calls do for every row, in order.
func (s *Source) each(ctx context.Context, do func(row) error) error {
	changed := fmt.Errorf("%s was changed while it was read", s.path)
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

// read returns the file's fingerprint, too.
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
	for n := 1; err == nil; n++ {
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
	case errors.As(err, new(formError)):
		return "", fmt.Errorf("%s: %w", s.path, err)
	}
	return "", err
}
