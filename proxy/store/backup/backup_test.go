package backup_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/backup"
)

type row struct {
	Space string
	Entry store.Entry
}

func rows() []row {
	return []row{
		{"system", store.Entry{ID: "stamp", Record: store.Record{Body: []byte("s1")}}},
		{"realm.ä", store.Entry{ID: "u\x00\xff", Record: store.Record{Body: []byte("\x00sealed\x01"), Terms: []string{"\x01", "a", "a\x00b"}}}},
		{"realm.ä", store.Entry{ID: "u2", Record: store.Record{Body: bytes.Repeat([]byte("b"), 300)}}},
	}
}

func header() backup.Header {
	return backup.Header{Created: time.Unix(1_800_000_000, 0).UTC(), Release: "v1", Stamp: "s1", Schema: 1}
}

func written(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, header())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows() {
		if err := w.Add(r.Space, r.Entry); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := w.Close(); err != nil || n != uint64(len(rows())) {
		t.Fatal(n, err)
	}
	return out.Bytes()
}

func TestRoundTrip(t *testing.T) {
	f, err := backup.Open(bytes.NewReader(written(t)))
	if err != nil {
		t.Fatal(err)
	}
	want := header()
	want.Version = 1
	if diff := cmp.Diff(want, f.Header); diff != "" || f.Records != 3 {
		t.Errorf("%d records, header (-want +got):\n%s", f.Records, diff)
	}
	var got []row
	if err := f.Each(func(space string, e store.Entry) error {
		got = append(got, row{space, e})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows(), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	stop := errors.New("stop")
	if err := f.Each(func(string, store.Entry) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// Wherever a file is cut, and whichever byte of it is changed, it is refused before a record is
// used.
func TestDamageIsRefused(t *testing.T) {
	whole := written(t)
	for n := range whole {
		if _, err := backup.Open(bytes.NewReader(whole[:n])); !errors.Is(err, backup.ErrDamaged) {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(whole), err)
		}
		for _, flip := range []byte{0x01, 0x80} {
			changed := bytes.Clone(whole)
			changed[n] ^= flip
			if _, err := backup.Open(bytes.NewReader(changed)); err == nil {
				t.Fatalf("byte %d of %d changed: accepted", n, len(whole))
			}
		}
	}
	if _, err := backup.Open(bytes.NewReader(append(bytes.Clone(whole), 0))); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a byte more: %v", err)
	}
	if _, err := backup.Open(strings.NewReader("PK\x03\x04")); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("another kind of file: %v", err)
	}
}

// The file is changed between Open and Each.
func TestAChangeIsNoticedLater(t *testing.T) {
	whole := written(t)
	f, err := backup.Open(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	whole[len(whole)-60] ^= 1
	if err := f.Each(func(string, store.Entry) error { return nil }); !errors.Is(err, backup.ErrDamaged) {
		t.Error(err)
	}
}

func TestALaterFormatIsRefused(t *testing.T) {
	later := bytes.Replace(written(t), []byte(`{"version":1,`), []byte(`{"version":2,`), 1)
	if _, err := backup.Open(bytes.NewReader(later)); err == nil || !strings.Contains(err.Error(), `format 2, and this release reads format 1: use release "v1"`) {
		t.Error(err)
	}
}

// A full disk is an error, and not a shorter file.
func TestAFullDisk(t *testing.T) {
	full := errors.New("full")
	whole := len(written(t))
	for n := range whole {
		w, err := backup.NewWriter(&limited{n, full}, header())
		if err == nil {
			for _, r := range rows() {
				err = errors.Join(err, w.Add(r.Space, r.Entry))
			}
			_, closing := w.Close()
			err = errors.Join(err, closing)
		}
		if !errors.Is(err, full) {
			t.Fatalf("%d of %d bytes: %v", n, whole, err)
		}
	}
}

type limited struct {
	left int
	err  error
}

func (l *limited) Write(b []byte) (int, error) {
	if len(b) > l.left {
		return 0, fmt.Errorf("write: %w", l.err)
	}
	l.left -= len(b)
	return len(b), nil
}
