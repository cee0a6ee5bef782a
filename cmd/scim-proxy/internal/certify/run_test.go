package certify

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/certifytest"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// On a server without faults only requirements that it is known not to meet fail, and nothing is
// left behind.
func TestRun(t *testing.T) {
	t.Parallel()
	s := certifytest.New(t, true)
	seen := 0
	o := options(s)
	o.Progress = func(number, total int, _ string) {
		if seen++; number != seen || total != len(All()) {
			t.Errorf("progress %d of %d, want %d", number, total, seen)
		}
	}
	r := Run(t.Context(), o)
	for _, one := range r.Results {
		if one.State == Fail && !slices.Contains(elsewhere, one.ID) {
			t.Errorf("%s: %v", one.ID, one.Failure)
		}
	}
	if r.OK || r.Interrupted || len(r.Results) != len(All()) || r.Counted("").Pass < 240 {
		t.Errorf("ok %t, interrupted %t, %d results: %s", r.OK, r.Interrupted, len(r.Results), r.Counted(""))
	}
	removed(t, s, r)
}

// removed fails the test if anything is left on the server.
func removed(t *testing.T, s *certifytest.Server, r Report) {
	t.Helper()
	s.Break(nil)
	p := probe.New(options(s).Options)
	for _, endpoint := range []string{"/Users", "/Groups"} {
		if list, _, err := p.Find(context.Background(), endpoint, ""); err != nil || len(list) > 0 {
			t.Errorf("%s has %d resources: %v", endpoint, len(list), err)
		}
	}
	if len(r.Left) > 0 {
		t.Errorf("%v could not be removed", r.Left)
	}
}

// A run that is interrupted removes what it made, skips the rest, and is not in order.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	s := certifytest.New(t, false)
	ctx, cancel := context.WithCancel(t.Context())
	o := options(s)
	o.Progress = func(number, _ int, _ string) {
		if number == 60 {
			cancel()
		}
	}
	r := Run(ctx, o)
	last := r.Results[len(r.Results)-1]
	if r.OK || !r.Interrupted || last.State != Skip || last.Why != "interrupted" || len(r.Results) != len(All()) {
		t.Errorf("ok %t, interrupted %t, last %+v", r.OK, r.Interrupted, last)
	}
	removed(t, s, r)
}

// A create whose answer is lost is found by its name, and removed.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	s := certifytest.New(t, false)
	s.Break(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPost && requests.Add(1)%3 == 0 {
			next.ServeHTTP(discard{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		}
		next.ServeHTTP(w, r)
	})
	o := options(s)
	o.Profiles = []string{probe.Okta, probe.IPSIEAL2}
	removed(t, s, Run(t.Context(), o))
}

// Users of others stay if a server loses answers and ignores filters.
func TestLostAnswerWithoutFilters(t *testing.T) {
	t.Parallel()
	s := certifytest.New(t, false)
	ctx := context.Background()
	p := probe.New(options(s).Options)
	a, err := p.Create(ctx, "/Users", probe.Object{"schemas": []string{probe.UserURN}, "userName": "alice"})
	if err != nil {
		t.Fatal(err)
	}
	s.Break(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodPost {
			next.ServeHTTP(discard{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		}
		r.URL.RawQuery = ""
		next.ServeHTTP(w, r)
	})
	run := probe.New(options(s).Options)
	_, _, _ = run.NewUser(ctx, nil)
	if left := run.CleanUp(ctx); len(left) > 0 {
		t.Error(left)
	}
	s.Break(nil)
	if list, _, err := p.Find(ctx, "/Users", ""); err != nil || len(list) != 1 || list[0]["id"] != a.String("id") {
		t.Errorf("%v %v", list, err)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// Resources that cannot be removed are named.
func TestLeft(t *testing.T) {
	t.Parallel()
	s := certifytest.New(t, false)
	s.Break(swallowed(http.StatusForbidden, http.MethodDelete))
	o := options(s)
	o.Profiles = []string{probe.Okta}
	if r := Run(t.Context(), o); len(r.Left) < 10 || !strings.HasPrefix(r.Left[0], "/Groups/") {
		t.Error(r.Left)
	}
}

// A busy server is asked again.
func TestBusy(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	s := certifytest.New(t, false)
	s.Break(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if requests.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
	o := options(s)
	o.Profiles = []string{probe.Okta}
	if r := Run(t.Context(), o); !r.OK || r.Counted(probe.Okta).Pass != len(Of([]string{probe.Okta})) {
		t.Error(r.Counted(""))
	}
}

// Neither the token nor characters that control a terminal reach the report.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	s := certifytest.New(t, false)
	s.Break(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, r.Header.Get("Authorization")+"\x1b[2J\u202e\x00\xff"+strings.Repeat("x", 5000))
	})
	b, err := json.Marshal(Run(t.Context(), options(s)))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{certifytest.Token, `\u001b`, "\u202e", `\u0000`, strings.Repeat("x", 1000)} {
		if strings.Contains(string(b), bad) {
			t.Errorf("the report has %q", bad)
		}
	}
}

// Huge answers are not kept until the end of a run, and few authorization servers are asked.
func TestHugeAnswers(t *testing.T) {
	t.Parallel()
	s := certifytest.New(t, false)
	var asked atomic.Int64
	s.Break(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/.well-known/oauth-protected-resource"):
			one := `"` + s.URL + `",`
			_, _ = io.WriteString(w, `{"authorization_servers":[`+strings.Repeat(one, 500)+`1]}`)
		case strings.HasPrefix(r.URL.Path, "/.well-known/"):
			asked.Add(1)
			w.WriteHeader(http.StatusNotFound)
		default:
			w.WriteHeader(http.StatusNotImplemented)
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
		}
	})
	p := probe.New(options(s).Options)
	for range 3 {
		if _, err := p.Do(t.Context(), http.MethodGet, "/Users", nil); err != nil {
			t.Fatal(err)
		}
	}
	if kept := strings.Join(p.Odd.Errors, ""); len(p.Odd.Errors) != 3 || len(kept) > 3*4096 {
		t.Errorf("%d errors with %d bytes", len(p.Odd.Errors), len(kept))
	}
	if _, err := p.AuthorizationServer(t.Context()); err != nil || asked.Load() > 20 {
		t.Errorf("%v, %d requests", err, asked.Load())
	}
}

// Requirements have all parts, and an id once. Profiles that build on core leave out what they
// forbid.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, q := range All() {
		if seen[q.ID] || q.ID == "" || q.Clause == "" || q.Text == "" || q.Level == "" || includes[q.Profile] == nil || (q.Check == nil) == (q.Outside == "") {
			t.Errorf("%+v", q)
		}
		seen[q.ID] = true
	}
	has := func(id string, profiles ...string) bool {
		return slices.ContainsFunc(Of(profiles), func(q probe.Requirement) bool { return q.ID == id })
	}
	if !has("patch.pathless-add", probe.Core) || has("patch.pathless-add", probe.IPSIEAL2) || !has("patch.pathless-add", probe.IPSIEAL2, probe.Core) ||
		!has("interop.pathless", probe.IPSIEAL2) || has("al2.fifty", probe.IPSIEAL1) || has("create.user", probe.Entra) {
		t.Error("the profiles have other requirements")
	}
}

// Answers of any form are failures, and do not end the run.
func TestOddServer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "null", "[]", "1", `"x"`, `{}`, `{"id":1,"Resources":[null,1,[],{}],"schemas":{},"Operations":[null,{"location":1}],"members":[1]}`,
		`{"id":"x","name":"User","endpoint":"","totalResults":1,"Resources":[{"id":"x","name":"User","endpoint":"/","attributes":[null,{"subAttributes":1}]}],"authorization_servers":[1,":"]}`} {
		for _, code := range []int{200, 201, 204, 302, 400} {
			s := certifytest.New(t, false)
			s.Break(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				w.WriteHeader(code)
				if code != http.StatusNoContent {
					_, _ = io.WriteString(w, body)
				}
			})
			if r := Run(t.Context(), options(s)); r.OK || len(r.Results) != len(All()) {
				t.Errorf("%d %s: %s", code, body, r.Counted(""))
			}
		}
	}
}
