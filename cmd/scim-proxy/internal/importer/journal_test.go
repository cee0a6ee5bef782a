package importer_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer"
)

const dozen = "userName,title\np01,\nbreak,\np02,\np03,\n,none\np04,\nP01,\np05,\np06,\n"

// A journal that was cut off at any byte leads to the same end.
func TestJournalIsCutOff(t *testing.T) {
	s := newSite(t)
	s.write(t, "users.csv", dozen)
	want, _, err := s.run(t.Context(), "users.csv")
	if !errors.Is(err, importer.ErrFailures) || s.names() != wantNames(6) {
		t.Fatalf("%v %s", err, s.names())
	}
	journal, failures := s.read(t, "users.csv.progress"), s.read(t, "users.failures.csv")
	if !strings.Contains(journal, "\n1 done\n") || !strings.HasSuffix(journal, "\nwritten 3\n") {
		t.Fatal(journal)
	}
	for length := range len(journal) + 1 {
		sent := len(s.requests)
		s.write(t, "users.csv.progress", journal[:length])
		s.remove(t, "users.failures.csv")
		said, _, err := s.run(t.Context(), "users.csv")
		if !errors.Is(err, importer.ErrFailures) || said != want || s.names() != wantNames(6) || s.read(t, "users.failures.csv") != failures {
			t.Fatalf("%q: %v %s %s", journal[:length], err, said, s.names())
		}
		again, _, err := s.run(t.Context(), "users.csv")
		if !errors.Is(err, importer.ErrFailures) || again != want || length == len(journal) && len(s.requests) != sent {
			t.Fatalf("%q: %v %s, %d requests", journal[:length], err, again, len(s.requests)-sent)
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
	s := newSite(t)
	s.write(t, "users.csv", people(3))
	if _, _, err := s.run(t.Context(), "users.csv"); err != nil {
		t.Fatal(err)
	}
	journal := s.read(t, "users.csv.progress")
	title, _, _ := strings.Cut(journal, "\n")
	for name, text := range map[string]string{
		"it belongs to another file, another state of this file, or another URL": strings.Replace(journal, " http", " https", 1),
		"it is no journal of this import":                                        title + "\n4 done\n",
		"it is no journal of this import; remove it to begin anew":               title + "\n1 done\n1 done\n",
		"it is no journal of this import; ":                                      title + "\n1 undone\n",
		"belongs to another file":                                                "not a journal",
		"no journal of this import":                                              title + "\nhello\n",
	} {
		s.write(t, "users.csv.progress", text)
		if _, _, err := s.run(t.Context(), "users.csv"); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q: %v", text, err)
		}
		if s.read(t, "users.csv.progress") != text {
			t.Errorf("a journal that is not ours was changed: %q", text)
		}
	}
	s.write(t, "users.csv.progress", journal)
	s.write(t, "users.csv", people(4)) // other rows
	if _, _, err := s.run(t.Context(), "users.csv"); err == nil || !strings.Contains(err.Error(), "another state of this file") || len(s.users) != 3 {
		t.Error(err)
	}
	// One that says nothing yet keeps nobody from correcting the file.
	s.write(t, "users.csv.progress", title+"\n")
	if said, _, err := s.run(t.Context(), "users.csv"); err != nil || !strings.Contains(said, "4 rows, 4 imported") {
		t.Errorf("%v %s", err, said)
	}
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
	if err != nil || second == nil || !strings.Contains(second.Error(), "another import of this file is running") || s.names() != wantNames(3) {
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
