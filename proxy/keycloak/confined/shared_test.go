package confined_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// A user that another tenant also holds does not exist for either: by id, in pages and totals, in
// filters, walks and groups. Each tenant learns its name, and it is back as soon as it is in one
// tenant only.
func TestSharedUsers(t *testing.T) {
	w := newTwo(t)
	second := create(t, w.a, scim.User, directorytest.Sample(3))
	g := create(t, w.a, scim.Group, document.Must(`{"displayName":"g"}`))
	ref := scim.Ref{Type: scim.Group, ID: g.ID()}
	both := w.realm.NewUser("Sample2-and", w.acme.Path, w.beta.Path)
	pool := w.realm.NewUser("sample1x", w.acme.Path)
	for _, join := range []string{pool + "/groups/" + w.beta.Pool[1], both + "/groups/" + ref.ID, second.ID() + "/groups/" + ref.ID} {
		if a := w.realm.Admin("PUT", "/users/"+join, "{}"); a.Status != 204 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	want := []string{w.userA.ID(), second.ID()}
	lists := func(what string, q directory.Query, want ...string) {
		t.Helper()
		q.Type, q.Start = scim.User, max(q.Start, 1)
		p, err := w.a.List(t.Context(), q)
		var ids []string
		for _, r := range p.Resources {
			ids = append(ids, r.ID())
		}
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("%s: %v, %v, want %v", what, err, ids, want)
		}
		if q.ResumeAfter == "" && q.Start == 1 && p.Total != max(len(want), p.Total) {
			t.Errorf("%s: %d", what, p.Total)
		}
	}
	lists("all", directory.Query{Count: 100}, want...)
	for start, id := range want {
		lists("a page of one", directory.Query{Start: start + 1, Count: 1}, id)
	}
	lists("by name", directory.Query{Count: 10, Filter: scim.Equal(scim.MustPath("userName"), "sample2-and")})
	lists("members", directory.Query{Count: 10, Filter: scim.Equal(scim.MustPath("groups.value"), ref.ID)}, second.ID())
	p, err := w.a.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 1})
	if err != nil || p.Total != 2 {
		t.Fatalf("%v, a total of %d", err, p.Total)
	}
	lists("behind the first", directory.Query{Count: 10, ResumeAfter: p.Resume[0]}, second.ID())
	if shown, err := w.a.Get(t.Context(), ref, directory.Fields{Members: true}); err != nil || len(document.Elements(shown.Raw("members"))) != 1 {
		t.Errorf("%v: %s", err, shown)
	}
	for _, id := range []string{both, pool} {
		if _, err := w.a.Get(t.Context(), scim.Ref{Type: scim.User, ID: id}, directory.Fields{}); scim.Status(err) != 404 || scim.IsGone(err) {
			t.Errorf("by id: %v", err)
		}
	}
	if names := w.a.Shared(); names[both] != "sample2-and" || names[pool] != "sample1x" || len(names) != 2 {
		t.Errorf("shared are %v", names)
	}
	if a := w.realm.Admin("DELETE", "/users/"+both+"/groups/"+w.beta.Group, ""); a.Status != 204 {
		t.Fatal(a.Status)
	}
	lists("one is back", directory.Query{Count: 10}, w.userA.ID(), both, second.ID())
	if names := slices.Collect(maps.Keys(w.a.Shared())); !slices.Equal(names, []string{pool}) {
		t.Errorf("shared are %v", names)
	}
}

// More shared users than a filter can leave out are a fault of lists, not wrong lists; other
// requests work.
func TestTooManySharedUsers(t *testing.T) {
	w := newTwo(t)
	for i := range 9 {
		w.realm.NewUser(fmt.Sprintf("%d-%s", i, strings.Repeat("x", 50)), w.acme.Path, w.beta.Path)
	}
	_, err := w.a.List(t.Context(), directory.Query{Type: scim.User, Start: 1, Count: 10})
	if f, broken := fault.In(err); !broken || f.Cause != fault.Shared {
		t.Errorf("%v", err)
	}
	if _, err := w.a.Get(t.Context(), scim.Ref{Type: scim.User, ID: w.userA.ID()}, directory.Fields{}); err != nil {
		t.Error(err)
	}
}
