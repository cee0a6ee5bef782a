package importer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// failuresPath returns the path of the file of failures, as in users.failures.csv.
func (s *Source) failuresPath() string {
	ext := filepath.Ext(s.path)
	return strings.TrimSuffix(s.path, ext) + ".failures" + ext
}

// writeFailures writes the failed rows as they were read, each with its reason, so that users can
// correct the file and import it. A file that already has all failures is not written again,
// because a user may have corrected it meanwhile.
func (x *importing) writeFailures(ctx context.Context) error {
	path := x.source.failuresPath()
	if _, err := os.Stat(path); x.journal.Failed() == 0 || err == nil && x.journal.Reported() {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".failures-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // after the rename there is nothing to remove
	if err := errors.Join(x.source.copyFailures(ctx, f, x.journal.Reason), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return x.journal.SetReported()
}

// copyFailures writes the rows for which reason is not empty.
func (s *Source) copyFailures(ctx context.Context, out io.Writer, reason func(row int) (string, error)) error {
	write, flush, err := s.failureWriter(out)
	if err != nil {
		return err
	}
	err = s.each(ctx, func(x row) error {
		why, err := reason(x.number)
		if err != nil || why == "" {
			return err
		}
		return write(x, why)
	})
	return errors.Join(err, flush())
}

func (s *Source) failureWriter(out io.Writer) (write func(x row, why string) error, flush func() error, err error) {
	if !s.csv {
		return func(x row, why string) error {
			_, err := fmt.Fprintln(out, x.given.With(reasonName, document.Quote(why)))
			return err
		}, func() error { return nil }, nil
	}
	header, err := s.header()
	if err != nil {
		return nil, nil, err
	}
	at := len(header) // index of the reason in a record
	if header[at-1] == reasonName {
		at--
	}
	w := csv.NewWriter(out)
	write = func(x row, why string) error { return w.Write(append(x.cells[:at:at], why)) }
	return write, func() error { w.Flush(); return w.Error() }, w.Write(append(header[:at:at], reasonName))
}

func (s *Source) header() ([]string, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return csv.NewReader(newReader(f).Reader).Read()
}
