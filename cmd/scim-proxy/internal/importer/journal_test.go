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
	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer/journal"
)

const dozen = "userName,title\np01,\nbreak,\np02,\np03,\n,none\np04,\nP01,\np05,\np06,\n"

// An import that continues with the journal of any earlier moment ends with the same result.
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
	for length := range 5 { // pages of the first write that are on disk
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

// The file of failures has the failures of an interrupted run, even if the last run adds none.
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
		if i == 9 { // the second of three batches was sent six times, and is request 8 now
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
	const rows = 400 // several pages
	s := newSite(t)
	s.batch = 100
	s.write(t, "users.csv", people(rows))
	if _, _, err := s.run(t.Context(), "users.csv"); err != nil {
		t.Fatal(err)
	}
	saved := s.read(t, "users.csv.progress")
	entry := string(binary.BigEndian.AppendUint64(nil, 2))
	for _, row := range []struct {
		name, text string
		want       error
	}{
		{"another URL", s.edited(t, saved, "import", "title", "scim-proxy import 2 x https://example.com"), journal.ErrOtherImport},
		{"a row too many", s.edited(t, saved, "rows", entry[:6]+"\xff\xff", ""), journal.ErrNoJournal},
		{"a row that has no number", s.edited(t, saved, "rows", "7", ""), journal.ErrNoJournal},
		{"no count", s.edited(t, saved, "import", "written", "x"), journal.ErrNoJournal},
		{"the first form", "scim-proxy import 1 cafe http://localhost/scim/v2\n1 done\n", journal.ErrOldJournal},
		{"the first form, begun", "scim-proxy import 1 ", journal.ErrOldJournal},
		{"a text", "not a journal", journal.ErrNoJournal},
		{"a long text", strings.Repeat("not a journal", 10000), journal.ErrNoJournal},
		{"pages without sense", saved[:2*4096] + strings.Repeat("\xff", len(saved)-2*4096), journal.ErrNoJournal},
		{"no valid page", saved[:32] + strings.Repeat("\xff", len(saved)-32), journal.ErrNoJournal},
		{"cut off", saved[:4*4096], journal.ErrNoJournal},
	} {
		name := row.name + ".csv" // a damaged journal stays locked until the process ends
		s.write(t, name, people(rows))
		s.write(t, name+".progress", row.text)
		if _, _, err := s.run(t.Context(), name); !errors.Is(err, row.want) || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s: %v", row.name, err)
		}
		if s.read(t, name+".progress") != row.text {
			t.Errorf("%s: a journal of another import was changed", row.name)
		}
	}
	s.write(t, "users.csv", people(rows+1)) // other rows
	if _, _, err := s.run(t.Context(), "users.csv"); !errors.Is(err, journal.ErrOtherImport) || len(s.users) != rows {
		t.Error(err)
	}
	// A journal without settled rows does not prevent a user from correcting the file.
	s.write(t, "users.csv.progress", s.emptied(t, saved))
	if said, _, err := s.run(t.Context(), "users.csv"); err != nil || !strings.Contains(said, "401 rows, 401 imported") {
		t.Errorf("%v %s", err, said)
	}
}

// edited returns a journal with one entry changed or added.
func (s *site) edited(t *testing.T, saved, bucket, key, value string) string {
	t.Helper()
	return s.change(t, saved, func(tx *bolt.Tx) error { return tx.Bucket([]byte(bucket)).Put([]byte(key), []byte(value)) })
}

// emptied returns a journal without settled rows.
func (s *site) emptied(t *testing.T, saved string) string {
	t.Helper()
	return s.change(t, saved, func(tx *bolt.Tx) error {
		if err := tx.DeleteBucket([]byte("rows")); err != nil {
			return err
		}
		_, err := tx.CreateBucket([]byte("rows"))
		return err
	})
}

func (s *site) change(t *testing.T, saved string, fn func(*bolt.Tx) error) string {
	t.Helper()
	s.write(t, "changed", saved)
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

// A second import of the same file fails while the first one runs.
func TestSecondImport(t *testing.T) {
	s := newSite(t)
	s.write(t, "users.csv", people(3))
	var second error
	s.spoil = func(int) spoilt {
		s.mu.Unlock() // for the second import's request for the limits
		defer s.mu.Lock()
		_, _, second = s.run(t.Context(), "users.csv")
		return spoilt{}
	}
	_, _, err := s.run(t.Context(), "users.csv")
	if err != nil || !errors.Is(second, journal.ErrInUse) || s.names() != wantNames(3) {
		t.Errorf("%v; %v", err, second)
	}
}

// If a file changes during the import, the import fails, and sends only rows that Open has checked.
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
	if _, _, err = s.runSource(t.Context(), source); err == nil || !strings.Contains(err.Error(), "was changed while it was read") || len(s.users) != 0 {
		t.Errorf("%v %s", err, s.names())
	}
}

// With Restart, an import begins with the first row whatever the journal is: the users of the first
// run are recognised, and an earlier file of failures stays.
func TestRestart(t *testing.T) {
	s := newSite(t)
	s.write(t, "users.csv", people(3)+"break,,\n")
	if said, _, err := s.run(t.Context(), "users.csv"); !errors.Is(err, importer.ErrFailures) {
		t.Fatal(err, said)
	}
	first := s.read(t, "users.failures.csv")
	for _, progress := range []string{s.read(t, "users.csv.progress"), "not a journal", "scim-proxy import 1 "} {
		s.write(t, "users.csv.progress", progress)
		s.write(t, "users.csv", people(3)+"p04,,\n")
		if _, _, err := s.run(t.Context(), "users.csv"); err == nil || !strings.Contains(err.Error(), "--restart") {
			t.Errorf("%.20q: %v", progress, err)
		}
		s.restart = true
		said, drawn, err := s.run(t.Context(), "users.csv")
		s.restart = false
		if err != nil || said != "users.csv: 4 rows, 4 imported, 0 failed, 0 open\n" || s.names() != wantNames(4) || !strings.Contains(drawn, "(409) is found by userName") {
			t.Errorf("%.20q: %v %s %s\n%s", progress, err, said, s.names(), drawn)
		}
	}
	if s.read(t, "users.failures.csv.old") != first || s.read(t, "users.failures.csv") != "" {
		t.Error("the file of failures is gone")
	}
}

// A journal that another import uses is not removed.
func TestRestartOfAnImportThatRuns(t *testing.T) {
	s := newSite(t)
	s.write(t, "users.csv", people(3))
	path := filepath.Join(s.dir, "users.csv.progress")
	j, err := journal.Open(path, "x", 3)
	if err != nil {
		t.Fatal(err)
	}
	s.restart = true
	if _, _, err := s.run(t.Context(), "users.csv"); !errors.Is(err, journal.ErrInUse) {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
