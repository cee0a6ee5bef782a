package importer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// site is a server and a directory with files.
type site struct {
	*server
	dir      string
	batch    int
	terminal bool
	restart  bool
	waits    []time.Duration
}

func newSite(t *testing.T) *site { return &site{server: newServer(t), dir: t.TempDir(), batch: 4} }

func (s *site) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *site) read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

func (s *site) remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(s.dir, name)); err != nil {
		t.Fatal(err)
	}
}

// run imports a file and returns its output and its progress.
func (s *site) run(ctx context.Context, name string) (said, drawn string, err error) {
	source, err := importer.Open(ctx, filepath.Join(s.dir, name))
	if err != nil {
		return "", "", err
	}
	return s.runSource(ctx, source)
}

func (s *site) runSource(ctx context.Context, source *importer.Source) (said, drawn string, err error) {
	var progress bytes.Buffer
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := scimclient.New(scimclient.Options{URL: s.URL + "/scim/v2/", Token: scimclient.Bearer("secret"), Transport: transport})
	err = importer.Run(ctx, source, importer.Options{
		Client: client, Batch: s.batch, Restart: s.restart, Report: func(r importer.Result) { said = r.Text() }, Progress: &progress, Terminal: s.terminal,
		Now:  func() time.Time { return time.Unix(1, 0) },
		Wait: func(ctx context.Context, d time.Duration) error { s.waits = append(s.waits, d); return ctx.Err() },
	})
	return strings.ReplaceAll(said, s.dir+"/", ""), progress.String(), err
}

// people returns a CSV file with n users.
func people(n int) string {
	var b strings.Builder
	b.WriteString("userName,name.familyName,title\n")
	for i := range n {
		fmt.Fprintf(&b, "p%02d,Fam%02d,T\n", i+1, i+1)
	}
	return b.String()
}

func wantNames(n int) string {
	out := make([]string, n)
	for i := range n {
		out[i] = fmt.Sprintf("p%02d", i+1)
	}
	return strings.Join(out, " ")
}

func TestBatches(t *testing.T) {
	for _, row := range []struct {
		name                       string
		batch, operations, payload int
		want                       []int
	}{
		{"asked", 4, 1000, 1 << 20, []int{4, 4, 2}},
		{"maxOperations", 4, 3, 1 << 20, []int{3, 3, 3, 1}},
		{"maxPayloadSize", 10, 1000, 700, []int{3, 3, 3, 1}},
		{"one at a time", 1, 1, 1 << 20, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSite(t)
			s.batch, s.operations, s.payload = row.batch, row.operations, row.payload
			s.write(t, "users.csv", people(10))
			said, _, err := s.run(t.Context(), "users.csv")
			if err != nil || said != "users.csv: 10 rows, 10 imported, 0 failed, 0 open\n" || s.names() != wantNames(10) {
				t.Errorf("%v %q %s", err, said, s.names())
			}
			var got []int
			for _, r := range s.requests {
				got = append(got, len(r))
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("batches of %v, want %v", got, row.want)
			}
			if s.read(t, "users.failures.csv") != "" {
				t.Error("a file of failures without failures")
			}
		})
	}
}

// Of two rows with the same e-mail address the first is created, because they are not sent
// together. Rows whose first one was sent before go together.
func TestSharedAddress(t *testing.T) {
	s := newSite(t)
	s.backwards = true
	s.write(t, "users.csv", "userName,emails.value\np01,a@x\np02,b@x\np03,A@X\np04,a@x\np05,a@x\n")
	_, _, err := s.run(t.Context(), "users.csv")
	want := "userName,emails.value,#error\n"
	for _, line := range []string{"p03,A@X", "p04,a@x", "p05,a@x"} {
		want += line + ",409 the e-mail address is taken; line 2 has the same e-mail address\n"
	}
	if got := s.read(t, "users.failures.csv"); !errors.Is(err, importer.ErrFailures) || s.names() != "p01 p02" || got != want || len(s.requests) != 2 {
		t.Errorf("%v %s, %d requests\n%s", err, s.names(), len(s.requests), got)
	}
}

// A row that is too large for a request of its own fails.
func TestLargeRow(t *testing.T) {
	s := newSite(t)
	s.payload = 600
	s.write(t, "users.jsonl", `{"userName":"p01"}`+"\n"+`{"userName":"big","title":"`+strings.Repeat("x", 600)+`"}`+"\n"+`{"userName":"p02"}`+"\n")
	said, _, err := s.run(t.Context(), "users.jsonl")
	if !errors.Is(err, importer.ErrFailures) || s.names() != "p01 p02" || !strings.Contains(said, "3 rows, 2 imported, 1 failed, 0 open") {
		t.Errorf("%v %s %s", err, said, s.names())
	}
	if got := s.read(t, "users.failures.jsonl"); !strings.Contains(got, "maxPayloadSize") {
		t.Error(got)
	}
}

// An import that is interrupted in any batch, after any number of its rows, ends with each user
// once.
func TestInterrupted(t *testing.T) {
	for n := 1; n <= 3; n++ {
		for done := 0; done <= 4; done++ {
			for _, cancelled := range []bool{true, false} {
				s := newSite(t)
				s.write(t, "users.csv", people(10))
				ctx, cancel := context.WithCancel(t.Context())
				s.spoil = func(i int) spoilt {
					if i != n {
						return spoilt{}
					}
					p := spoilt{some: 503, done: done, abort: true}
					if cancelled {
						cancel()
						p.hold = true
					}
					return p
				}
				said, _, err := s.run(ctx, "users.csv")
				cancel()
				if cancelled {
					if !errors.Is(err, importer.ErrInterrupted) || !strings.Contains(said, fmt.Sprintf("%d imported, 0 failed", 4*(n-1))) {
						t.Errorf("batch %d: %v %s", n, err, said)
					}
					said, _, err = s.run(t.Context(), "users.csv")
				}
				if err != nil || !strings.Contains(said, "10 imported, 0 failed, 0 open") || s.names() != wantNames(10) {
					t.Errorf("batch %d, %d done: %v %s %s", n, done, err, said, s.names())
				}
			}
		}
	}
}

// After a transient failure the rows without a result, and only those, are sent again. No user is
// created twice.
func TestTransientFailures(t *testing.T) {
	for _, p := range []spoilt{{status: 503}, {status: 429}, {status: 502}, {status: 500}, {status: 408}, {some: 503, done: 1}, {some: 429}, {some: 504, done: 3}, {abort: true}} {
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			s := newSite(t)
			s.write(t, "users.csv", people(10))
			s.spoil = func(i int) spoilt {
				if i == 2 || i == 3 {
					return p
				}
				return spoilt{}
			}
			said, _, err := s.run(t.Context(), "users.csv")
			if err != nil || !strings.Contains(said, "10 imported, 0 failed, 0 open") || s.names() != wantNames(10) {
				t.Errorf("%v %s %s", err, said, s.names())
			}
			if p.status != 0 && !slices.Equal(s.waits, []time.Duration{7 * time.Second, 7 * time.Second}) { // Retry-After
				t.Errorf("waited %v", s.waits)
			}
			if p.done > 0 && len(s.requests[2]) != 4-p.done {
				t.Errorf("sent again: %v", s.requests)
			}
		})
	}
}

// If the server stops answering, the run ends after six attempts, and a later run continues. A
// row that never gets an answer does not hold up the others.
func TestNoAnswer(t *testing.T) {
	s := newSite(t)
	s.write(t, "users.csv", people(10))
	s.spoil = func(i int) spoilt {
		if i > 1 {
			return spoilt{status: 503}
		}
		return spoilt{}
	}
	said, _, err := s.run(t.Context(), "users.csv")
	if err == nil || !strings.Contains(err.Error(), "503 Service Unavailable); run the same command again") || !strings.Contains(said, "4 imported, 0 failed, 6 open") {
		t.Errorf("%v %s", err, said)
	}
	if len(s.requests) != 7 || len(s.waits) != 5 {
		t.Errorf("%d requests, waited %v", len(s.requests), s.waits)
	}
	s.spoil = func(int) spoilt { return spoilt{some: 503, done: 1} } // the first row of each request is created
	s.write(t, "slow.csv", people(3))
	if said, _, err := s.run(t.Context(), "slow.csv"); err != nil || !strings.Contains(said, "3 imported, 0 failed, 0 open") {
		t.Errorf("%v %s", err, said)
	}
	s.spoil = nil
	s.write(t, "never.csv", "userName\nnever\nq1\nq2\nbreak\nq3\n")
	if said, _, err := s.run(t.Context(), "never.csv"); err == nil || err.Error() != "rows without an answer: 1 (503 not now); run the same command again to go on" ||
		!strings.Contains(said, "3 imported, 1 failed, 1 open") || !strings.Contains(s.read(t, "never.failures.csv"), "broke") {
		t.Errorf("%v %s", err, said)
	}
	s.users = s.users[:4] // of users.csv
	if said, _, err := s.run(t.Context(), "users.csv"); err != nil || !strings.Contains(said, "10 imported") || s.names() != wantNames(10) {
		t.Errorf("%v %s %s", err, said, s.names())
	}
}

func TestRefused(t *testing.T) {
	s := newSite(t)
	s.write(t, "users.csv", people(3))
	s.spoil = func(int) spoilt { return spoilt{status: 403} }
	if _, _, err := s.run(t.Context(), "users.csv"); err == nil || err.Error() != "POST /Bulk was answered with 403 Forbidden" {
		t.Error(err)
	}
	s.operations = 0
	if _, _, err := s.run(t.Context(), "users.csv"); err == nil || !strings.Contains(err.Error(), "does not offer bulk requests") {
		t.Error(err)
	}
}
