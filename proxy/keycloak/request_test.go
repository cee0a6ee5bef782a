package keycloak

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// wire answers every request with an empty document, or an error, and keeps the last URL.
type wire struct {
	last *http.Request
	err  error
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.last = r; w.err != nil {
		return nil, w.err
	}
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(`{"id":"1"}`)), Request: r}, nil
}

func on(w *wire, f *Facts) *Realm {
	return NewRealm(NewClient("http://keycloak.example", w, time.Minute, 1), "r", Caller("token"), f)
}

// net/http puts the whole URL into its errors: a filter in it names a person, and the error goes to
// the log.
func TestErrorsDoNotCarryTheQuery(t *testing.T) {
	w := &wire{err: errors.New("connection refused")}
	q := scim.Query{Type: scim.User, Filter: scim.Equal(userName, "grace.hopper"), Start: 1, Count: 1}
	_, err := on(w, StockFacts()).List(t.Context(), q)
	if err == nil || !strings.Contains(w.last.URL.String(), "grace.hopper") {
		t.Fatalf("%v, %s", err, w.last.URL)
	}
	for _, secret := range []string{"grace", "filter", "?", "keycloak.example"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error tells %q: %v", secret, err)
		}
	}
	for _, said := range []string{"GET /realms/r/scim/v2/Users", "connection refused"} {
		if !strings.Contains(err.Error(), said) {
			t.Errorf("the error does not tell %q: %v", said, err)
		}
	}
	w.err = fmt.Errorf("read: %w", context.DeadlineExceeded)
	if _, err := on(w, StockFacts()).List(t.Context(), q); scim.Status(err) != 504 {
		t.Errorf("the deadline is lost: %v", err)
	}
}

// Keycloak is told names that the schemas or the realm's profile have, and never what a caller has
// made up.
func TestOnlyKnownNamesAreSent(t *testing.T) {
	mapped, err := parseProfile([]byte(`{"attributes":[
{"name":"badge","annotations":{"kc.scim.schema.attribute":"urn:example:1:User:badge"},"permissions":{"edit":["admin"]}},
{"name":"seen","annotations":{"kc.scim.schema.attribute":"urn:example:1:User:seen"},"permissions":{"edit":[]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	department := strings.ToLower(scim.EnterpriseURN) + ":department"
	for _, c := range []struct {
		name  string
		facts *Facts
		t     scim.ResourceType
		need  scim.Need
		want  string
	}{
		{"core", newFacts(mapped), scim.User, scim.Need{Only: []string{"id", "title", "emails"}}, "id,title,emails,userName"},
		{"extensions", newFacts(mapped), scim.User, scim.Need{Only: []string{department, "urn:example:1:user:badge", "urn:example:1:user:seen"}}, department + ",urn:example:1:user:badge,urn:example:1:user:seen,userName"},
		{"whole extensions", newFacts(mapped), scim.User, scim.Need{Only: []string{strings.ToLower(scim.EnterpriseURN), "urn:example:1:user"}}, strings.ToLower(scim.EnterpriseURN) + ",urn:example:1:user,userName"},
		{"made up", newFacts(mapped), scim.User, scim.Need{Only: []string{"grace", "urn:example:1:user:hopper", "urn:example:2:user:badge", "urn:example:1", "name,grace"}}, "userName"},
		{"a user's name in a group", newFacts(mapped), scim.Group, scim.Need{Only: []string{"title", "urn:example:1:user:badge", "displayname"}}, "displayname,displayName"},
		{"a group's members", newFacts(mapped), scim.Group, scim.Need{Only: []string{"grace"}, Members: true}, "displayName,externalId,members"},
		{"made up, no profile", StockFacts(), scim.User, scim.Need{Only: []string{"grace"}}, "userName"},
		{"what an unknown profile may have", StockFacts(), scim.User, scim.Need{Only: []string{"title", "urn:example:1:user:badge"}}, ""},
	} {
		w := &wire{}
		if _, err := on(w, c.facts).Get(t.Context(), scim.Ref{Type: c.t, ID: "1"}, c.need); err != nil {
			t.Fatal(err)
		}
		if got := w.last.URL.Query().Get("attributes"); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What is sent to Keycloak costs a pass over the resource, however many attributes the profile
// maps.
func TestNativeFormsGrowWithTheSize(t *testing.T) {
	cost := func(n int) (post, patch uint64) {
		p := profile{mapped: map[string]profileAttribute{}}
		a, b := document.Must(`{"userName":"u"}`).Object(), document.Must(`{"userName":"u"}`).Object()
		for i := range n {
			path := scim.AttrPath{URN: "urn:example:1:User", Name: fmt.Sprintf("a%05d", i)}
			p.mapped[path.Key()] = profileAttribute{path: path}
			a.Set(path, `"x"`)
			b.Set(path, `"y"`)
		}
		f, was, wanted := newFacts(p), a.Resource(), b.Resource()
		var begin, middle, end runtime.MemStats
		runtime.ReadMemStats(&begin)
		if _, err := f.post(scim.User, wanted); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&middle)
		if ops, err := f.patch(scim.User, was, wanted); err != nil || len(ops) != n {
			t.Fatal(err, len(ops))
		}
		runtime.ReadMemStats(&end)
		return middle.TotalAlloc - begin.TotalAlloc, end.TotalAlloc - middle.TotalAlloc
	}
	cost(200)
	post, patch := cost(200)
	post4, patch4 := cost(800)
	if post4 >= 6*post || patch4 >= 6*patch {
		t.Errorf("post: %d KiB and %d KiB, patch: %d KiB and %d KiB", post>>10, post4>>10, patch>>10, patch4>>10)
	}
	t.Logf("post %.1f, patch %.1f", float64(post4)/float64(post), float64(patch4)/float64(patch))
}
