package importer

import (
	"bufio"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// note is the name of a column or member that an import ignores: the reason in a file of failures.
const note = "#error"

// row of a file. Err says what is wrong with its values.
type row struct {
	number int // from 1
	user   scim.Resource
	err    error
	record []string // CSV
}

// source is a file that was read through once: its form is right, whatever its values are.
type source struct {
	path string
	csv  bool
	rows int
	sum  string
}

func openSource(path string) (*source, error) {
	s := &source{path: path}
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".csv":
		s.csv = true
	case ".jsonl", ".ndjson":
	default:
		return nil, fmt.Errorf("%s is neither .csv nor .jsonl", path)
	}
	hash := sha256.New()
	err := s.read(hash, func(row) error { s.rows++; return nil })
	s.sum = hex.EncodeToString(hash.Sum(nil))
	return s, err
}

// each calls do for every row, in order.
func (s *source) each(do func(row) error) error { return s.read(io.Discard, do) }

// read passes everything on to copied, too.
func (s *source) read(copied io.Writer, do func(row) error) error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReader(io.TeeReader(f, copied))
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" { // spreadsheets write one
		_, _ = in.Discard(3)
	}
	if s.csv {
		return s.readCSV(in, do)
	}
	return s.readLines(in, do)
}

func (s *source) readCSV(in io.Reader, do func(row) error) error {
	r := csv.NewReader(in)
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("%s: the header row: %w", s.path, err)
	}
	columns, err := readHeader(header)
	if err != nil {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	for n := 1; ; n++ {
		record, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", s.path, err)
		}
		x := row{number: n, record: record}
		x.user, x.err = columns.user(record)
		if err := do(x); err != nil {
			return err
		}
	}
}

func (s *source) readLines(in *bufio.Reader, do func(row) error) error {
	for line, n := 1, 1; ; line++ {
		text, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if strings.TrimSpace(text) != "" {
			user, bad := scim.ParseResource([]byte(text))
			if bad != nil {
				return fmt.Errorf("%s: line %d is not a JSON object", s.path, line)
			}
			if err := do(row{number: n, user: user.Without(note)}); err != nil {
				return err
			}
			n++
		}
		if err != nil {
			return nil //nolint:nilerr // the end of the file
		}
	}
}

// failuresPath is where the rows that failed are written.
func (s *source) failuresPath() string {
	ext := filepath.Ext(s.path)
	return strings.TrimSuffix(s.path, ext) + ".failures" + ext
}

// writeFailures writes the rows that failed in the form they were read in, each with its reason, so that the file can be corrected and
// imported. Without failures there is no file.
func (s *source) writeFailures(failed map[int]string) error {
	if len(failed) == 0 {
		if err := os.Remove(s.failuresPath()); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(s.path), ".failures-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it has been renamed
	if err := errors.Join(s.copyFailures(f, failed), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), s.failuresPath())
}

func (s *source) copyFailures(out io.Writer, failed map[int]string) error {
	if !s.csv {
		return s.each(func(x row) error {
			reason, ok := failed[x.number]
			if !ok {
				return nil
			}
			_, err := fmt.Fprintln(out, x.user.With(note, scim.Quote(reason)))
			return err
		})
	}
	w := csv.NewWriter(out)
	header, err := s.header()
	if err != nil {
		return err
	}
	at := len(header) // of the reason
	if header[at-1] == note {
		at--
	}
	if err := w.Write(append(header[:at:at], note)); err != nil {
		return err
	}
	err = s.each(func(x row) error {
		if reason, ok := failed[x.number]; ok {
			return w.Write(append(x.record[:at:at], reason))
		}
		return nil
	})
	w.Flush()
	return errors.Join(err, w.Error())
}

func (s *source) header() ([]string, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if mark, _ := in.Peek(3); string(mark) == "\xef\xbb\xbf" {
		_, _ = in.Discard(3)
	}
	return csv.NewReader(in).Read()
}
