package importer_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer"
)

const dozen = "userName,title\np01,\nbreak,\np02,\np03,\n,none\np04,\nP01,\np05,\np06,\n"

// A journal as it was at any moment leads to the same end.
func TestJournalOfAnyMoment(t *testing.T) {
	s := newSite(t)
	s.batch = 2
	s.write(t, "users.csv", dozen)
	var moments []string
	s.spoil = func(int) spoilt {
		moments = append(moments, s.read(t, "users.csv.progress"))
		return spoilt{}
	}
	want, _, err := s.run(t.Context(), "users.csv")
	s.spoil = nil
	if !errors.Is(err, importer.ErrFailures) || s.names() != wantNames(6) || len(moments) < 3 {
		t.Fatalf("%v %s, %d moments", err, s.names(), len(moments))
	}
	failures := s.read(t, "users.failures.csv")
	moments = append(moments, s.read(t, "users.csv.progress"))
	begun := s.change(t, "", nil)
	for length := range 5 { // how much of the first write is there
		moments = append(moments, begun[:length*4096])
	}
	for i, m := range moments {
		s.write(t, "users.csv.progress", m)
		s.remove(t, "users.failures.csv")
		said, _, err := s.run(t.Context(), "users.csv")
		if !errors.Is(err, importer.ErrFailures) || said != want || s.names() != wantNames(6) || s.read(t, "users.failures.csv") != failures {
			t.Fatalf("moment %d: %v %s %s", i, err, said, s.names())
		}
		sent := len(s.requests)
		again, _, err := s.run(t.Context(), "users.csv")
		if !errors.Is(err, importer.ErrFailures) || again != want || len(s.requests) != sent {
			t.Fatalf("moment %d: %v %s, %d requests", i, err, again, len(s.requests)-sent)
		}
	}
}

// Failures that an interrupted run noted stand in the file, though the run that ends adds none.
func TestFailuresOfAnInterruptedRun(t *testing.T) {
	s := newSite(t)
	s.batch = 3
	s.write(t, "users.csv", dozen)
	s.spoil = func(i int) spoilt { return spoilt{status: map[bool]int{true: 503}[i > 1]} }
	if _, _, err := s.run(t.Context(), "users.csv"); err == nil || !strings.Contains(s.read(t, "users.failures.csv"), "broke") {
		t.Fatalf("%v %s", err, s.read(t, "users.failures.csv"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.spoil = func(i int) spoilt {
		if i == 9 { // of three batches the second was sent six times, and is the eighth now
			cancel()
			return spoilt{hold: true}
		}
		return spoilt{}
	}
	if _, _, err := s.run(ctx, "users.csv"); !errors.Is(err, importer.ErrInterrupted) {
		t.Fatal(err)
	}
	if _, _, err := s.run(t.Context(), "users.csv"); !errors.Is(err, importer.ErrFailures) {
		t.Fatal(err)
	}
	if got := s.read(t, "users.failures.csv"); strings.Count(got, "\n") != 4 {
		t.Error(got)
	}
}

func TestOtherJournals(t *testing.T) {
	const rows = 400 // some pages
	s := newSite(t)
	s.batch = 100
	s.write(t, "users.csv", people(rows))
	if _, _, err := s.run(t.Context(), "users.csv"); err != nil {
		t.Fatal(err)
	}
	journal := s.read(t, "users.csv.progress")
	entry := string(binary.BigEndian.AppendUint64(nil, 2))
	for _, row := range []struct {
		name, text string
		want       error
	}{
		{"another URL", s.edited(t, journal, "import", "title", "scim-proxy import 2 x https://example.com"), importer.ErrOtherImport},
		{"a row too many", s.edited(t, journal, "rows", entry[:6]+"\xff\xff", ""), importer.ErrNoJournal},
		{"a row that has no number", s.edited(t, journal, "rows", "7", ""), importer.ErrNoJournal},
		{"no count", s.edited(t, journal, "import", "written", "x"), importer.ErrNoJournal},
		{"the first form", "scim-proxy import 1 cafe http://localhost/scim/v2\n1 done\n", importer.ErrOldJournal},
		{"the first form, begun", "scim-proxy import 1 ", importer.ErrOldJournal},
		{"a text", "not a journal", importer.ErrNoJournal},
		{"a long text", strings.Repeat("not a journal", 10000), importer.ErrNoJournal},
		{"pages without sense", journal[:2*4096] + strings.Repeat("\xff", len(journal)-2*4096), importer.ErrNoJournal},
		{"no valid page", journal[:32] + strings.Repeat("\xff", len(journal)-32), importer.ErrNoJournal},
		{"cut off", journal[:4*4096], importer.ErrNoJournal},
	} {
		name := row.name + ".csv" // a damaged journal stays locked until the process ends
		s.write(t, name, people(rows))
		s.write(t, name+".progress", row.text)
		if _, _, err := s.run(t.Context(), name); !errors.Is(err, row.want) || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s: %v", row.name, err)
		}
		if s.read(t, name+".progress") != row.text {
			t.Errorf("%s: a journal that is not ours was changed", row.name)
		}
	}
	s.write(t, "users.csv", people(rows+1)) // other rows
	if _, _, err := s.run(t.Context(), "users.csv"); !errors.Is(err, importer.ErrOtherImport) || len(s.users) != rows {
		t.Error(err)
	}
	// One that says nothing yet keeps nobody from correcting the file.
	s.write(t, "users.csv.progress", s.emptied(t, journal))
	if said, _, err := s.run(t.Context(), "users.csv"); err != nil || !strings.Contains(said, "401 rows, 401 imported") {
		t.Errorf("%v %s", err, said)
	}
}

// edited is a journal in which one entry is another one or new.
func (s *site) edited(t *testing.T, journal, bucket, key, value string) string {
	t.Helper()
	return s.change(t, journal, func(tx *bolt.Tx) error { return tx.Bucket([]byte(bucket)).Put([]byte(key), []byte(value)) })
}

// emptied is a journal without settled rows.
func (s *site) emptied(t *testing.T, journal string) string {
	t.Helper()
	return s.change(t, journal, func(tx *bolt.Tx) error {
		if err := tx.DeleteBucket([]byte("rows")); err != nil {
			return err
		}
		_, err := tx.CreateBucket([]byte("rows"))
		return err
	})
}

func (s *site) change(t *testing.T, journal string, fn func(*bolt.Tx) error) string {
	t.Helper()
	s.write(t, "changed", journal)
	db, err := bolt.Open(filepath.Join(s.dir, "changed"), 0o600, &bolt.Options{PageSize: 4096})
	if err != nil {
		t.Fatal(err)
	}
	if fn != nil {
		err = db.Update(fn)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return s.read(t, "changed")
}

// Two imports of one file do not run at once.
func TestSecondImport(t *testing.T) {
	s := newSite(t)
	s.write(t, "users.csv", people(3))
	var second error
	s.spoil = func(int) spoilt {
		s.mu.Unlock() // the second asks for the limits
		defer s.mu.Lock()
		_, _, second = s.run(t.Context(), "users.csv")
		return spoilt{}
	}
	_, _, err := s.run(t.Context(), "users.csv")
	if err != nil || !errors.Is(second, importer.ErrInUse) || s.names() != wantNames(3) {
		t.Errorf("%v; %v", err, second)
	}
}

// A file that changes under the import is told, and no row beyond those that were checked is sent.
func TestFileChanges(t *testing.T) {
	s := newSite(t)
	s.write(t, "users.csv", people(3))
	source, err := importer.Open(t.Context(), filepath.Join(s.dir, "users.csv"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "users.csv"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("p04,,\n"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, _, err = s.runSource(t.Context(), source); err == nil || !strings.HasSuffix(err.Error(), "was changed while it was read") || len(s.users) != 0 {
		t.Errorf("%v %s", err, s.names())
	}
}
