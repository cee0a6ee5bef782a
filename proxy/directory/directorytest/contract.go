// Package directorytest has the plain in-memory Directory and the contract: one suite that it, Keycloak, and the whole stack pass. A room that was
// proven on a fake that nobody proved is not proven.
package directorytest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Run checks the contract of a Directory. open makes an empty one; its names must not clash with those of other runs.
func Run(t *testing.T, open func(t *testing.T) directory.Directory) {
	for name, check := range map[string]func(*testing.T, directory.Directory){
		"what create answers is what get and list show":     createGetList,
		"update answers what get shows":                     updateGet,
		"update of a member answers what get shows":         updateMember,
		"an edit that changes nothing changes nothing":      noChange,
		"an edit that fails changes nothing":                editFails,
		"a removed attribute is gone":                       removal,
		"userName cannot be removed or emptied":             nameStays,
		"names are unique":                                  unique,
		"unknown ids are 404":                               unknown,
		"delete deletes":                                    deletes,
		"members come and go":                               membership,
		"only means only":                                   onlyMembers,
		"an unknown member changes nothing":                 unknownMember,
		"pages and totals":                                  pages,
		"a walk loses nobody":                               walks,
		"what is not native is not lost or not shown":       holdings,
		"what Capabilities vouches for is filtered rightly": vouched,
		"filters within the stated limits are accepted":     limits,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

// Sample is a user that every directory can hold; n makes it unique.
func Sample(n int) scim.Resource {
	return document.Must(fmt.Sprintf(`{"schemas":[%q],"userName":"sample%[2]d","active":true,"name":{"givenName":"Given%[2]d","familyName":"Family%[2]d"},"emails":[{"value":"sample%[2]d@example.com","type":"work","primary":true}]}`, scim.UserURN, n))
}

func create(t *testing.T, d directory.Directory, kind scim.ResourceType, r scim.Resource) scim.Resource {
	t.Helper()
	made, err := d.Create(t.Context(), kind, r)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	return made
}

func get(t *testing.T, d directory.Directory, ref scim.Ref, n directory.Fields) scim.Resource {
	t.Helper()
	r, err := d.Get(t.Context(), ref, n)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	return r
}

// agree compares resources but for meta.
func agree(t *testing.T, what string, a, b scim.Resource) {
	t.Helper()
	if a, b := a.Without("meta").String(), b.Without("meta").String(); !document.Same(a, b) {
		t.Errorf("%s:\n%s\n%s", what, a, b)
	}
}

func status(err error) int {
	if err == nil {
		return 200
	}
	return scim.Status(err)
}

func user(r scim.Resource) scim.Ref { return scim.Ref{Type: scim.User, ID: r.ID()} }

func createGetList(t *testing.T, d directory.Directory) {
	made := create(t, d, scim.User, Sample(1))
	for l := range Sample(1).Leaves() {
		if l.Path.Name != "schemas" && !document.Same(made.Get(l.Path), l.Raw) {
			t.Errorf("%s: asked %s, got %s", l.Path, l.Raw, made.Get(l.Path))
		}
	}
	agree(t, "get", made, get(t, d, user(made), directory.Fields{}))
	p, err := d.List(t.Context(), directory.Query{Type: scim.User, Filter: scim.Equal(scim.AttrPath{Name: "userName"}, "SAMPLE1"), Start: 1, Count: 10})
	if err != nil || len(p.Resources) != 1 || p.Total != 1 {
		t.Fatalf("list: %v %+v", err, p)
	}
	agree(t, "list", made, p.Resources[0])
}

func edited(t *testing.T, d directory.Directory, r scim.Resource, edit func(scim.Resource) scim.Resource) scim.Resource {
	t.Helper()
	after, err := d.Update(t.Context(), user(r), func(cur scim.Resource) (scim.Resource, error) { return edit(cur), nil })
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	agree(t, "update and get", after, get(t, d, user(r), directory.Fields{}))
	return after
}

func updateGet(t *testing.T, d directory.Directory) {
	made := create(t, d, scim.User, Sample(2))
	after := edited(t, d, made, func(r scim.Resource) scim.Resource {
		return r.Set(scim.MustPath("name.givenName"), `"Née O'Hara"`).With("active", "false").With("userName", `"other2"`).
			With("emails", `[{"value":"new2@example.com","type":"work","primary":true}]`)
	})
	for path, want := range map[string]string{"name.givenName": `"Née O'Hara"`, "active": "false", "userName": `"other2"`} {
		if got := after.Get(scim.MustPath(path)); !document.Same(got, want) {
			t.Errorf("%s is %s", path, got)
		}
	}
}

// updateMember: also what the directory adds of itself, such as groups, is the same.
func updateMember(t *testing.T, d directory.Directory) {
	group, ids := groupOf(t, d, "members who change", 1)
	join(t, d, group, directory.MemberChange{Add: ids})
	ref := scim.Ref{Type: scim.User, ID: ids[0]}
	edited(t, d, get(t, d, ref, directory.Fields{}), func(r scim.Resource) scim.Resource {
		return r.Set(scim.MustPath("name.givenName"), `"Other"`)
	})
}

func noChange(t *testing.T, d directory.Directory) {
	made := create(t, d, scim.User, Sample(3))
	agree(t, "no change", made, edited(t, d, made, func(r scim.Resource) scim.Resource { return r }))
}

func editFails(t *testing.T, d directory.Directory) {
	made := create(t, d, scim.User, Sample(4))
	want := errors.New("no")
	_, err := d.Update(t.Context(), user(made), func(scim.Resource) (scim.Resource, error) { return scim.Resource{}, want })
	if !errors.Is(err, want) {
		t.Errorf("error %v", err)
	}
	agree(t, "after", made, get(t, d, user(made), directory.Fields{}))
}

func removal(t *testing.T, d directory.Directory) {
	made := create(t, d, scim.User, Sample(5))
	after := edited(t, d, made, func(r scim.Resource) scim.Resource {
		return r.Without("emails").Set(scim.MustPath("name.givenName"), "")
	})
	if after.Raw("emails") != "" || after.Get(scim.MustPath("name.givenName")) != "" {
		t.Errorf("still there: %s", after)
	}
	if after.Get(scim.MustPath("name.familyName")) == "" {
		t.Errorf("too much removed: %s", after)
	}
}

func nameStays(t *testing.T, d directory.Directory) {
	made := create(t, d, scim.User, Sample(6))
	for _, raw := range []string{"", `""`, `"  "`} {
		_, err := d.Update(t.Context(), user(made), func(r scim.Resource) (scim.Resource, error) { return r.With("userName", raw), nil })
		if status(err) != 400 {
			t.Errorf("userName %q: %v", raw, err)
		}
	}
	agree(t, "after", made, get(t, d, user(made), directory.Fields{}))
}

func unique(t *testing.T, d directory.Directory) {
	create(t, d, scim.User, Sample(7))
	second := create(t, d, scim.User, Sample(8))
	if _, err := d.Create(t.Context(), scim.User, Sample(7)); status(err) != 409 {
		t.Errorf("second create: %v", err)
	}
	_, err := d.Update(t.Context(), user(second), func(r scim.Resource) (scim.Resource, error) { return r.With("userName", `"sample7"`), nil })
	if status(err) != 409 {
		t.Errorf("rename to a taken name: %v", err)
	}
	create(t, d, scim.Group, document.Must(`{"displayName":"unique group"}`))
	if _, err := d.Create(t.Context(), scim.Group, document.Must(`{"displayName":"unique group"}`)); status(err) != 409 {
		t.Errorf("second group: %v", err)
	}
}

func unknown(t *testing.T, d directory.Directory) {
	keep := func(r scim.Resource) (scim.Resource, error) { return r, nil }
	for _, id := range []string{"00000000-0000-0000-0000-000000000000", "nope", "../x", "a/b", "a b", "%2e%2e", ".", ".."} {
		for _, kind := range []scim.ResourceType{scim.User, scim.Group} {
			ref := scim.Ref{Type: kind, ID: id}
			_, err := d.Get(t.Context(), ref, directory.Fields{})
			_, err2 := d.Update(t.Context(), ref, keep)
			if status(err) != 404 || status(err2) != 404 || status(d.Delete(t.Context(), ref)) != 404 {
				t.Errorf("%v: %v, %v", ref, err, err2)
			}
		}
	}
}

func deletes(t *testing.T, d directory.Directory) {
	made := create(t, d, scim.User, Sample(9))
	if err := d.Delete(t.Context(), user(made)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(t.Context(), user(made), directory.Fields{}); status(err) != 404 {
		t.Errorf("get after delete: %v", err)
	}
	if err := d.Delete(t.Context(), user(made)); status(err) != 404 {
		t.Errorf("second delete: %v", err)
	}
	agree(t, "made again", made.Without("id"), create(t, d, scim.User, Sample(9)).Without("id"))
}

func groupOf(t *testing.T, d directory.Directory, name string, users int) (scim.Ref, []string) {
	t.Helper()
	g := create(t, d, scim.Group, document.Must(`{"displayName":`+document.Quote(name)+`,"externalId":"x"}`))
	ids := make([]string, users)
	for i := range ids {
		ids[i] = create(t, d, scim.User, Sample(100+i)).ID()
	}
	return scim.Ref{Type: scim.Group, ID: g.ID()}, ids
}

func isMember(t *testing.T, d directory.Directory, g scim.Ref, want []string) {
	t.Helper()
	r := get(t, d, g, directory.Fields{Members: true})
	var got []string
	for _, e := range document.Elements(r.Raw("members")) {
		got = append(got, document.Text(document.Must(e).Raw("value")))
	}
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("members %v, want %v", got, want)
	}
	if r.Raw("displayName") == "" || r.Raw("externalId") == "" {
		t.Errorf("asking for members lost the rest: %s", r)
	}
}

func join(t *testing.T, d directory.Directory, g scim.Ref, m directory.MemberChange) {
	t.Helper()
	if err := d.ChangeMembers(t.Context(), g, m); err != nil {
		t.Fatalf("join: %v", err)
	}
}

func membership(t *testing.T, d directory.Directory) {
	g, ids := groupOf(t, d, "members", 4)
	join(t, d, g, directory.MemberChange{Add: ids[:3]})
	join(t, d, g, directory.MemberChange{Add: ids[:1]}) // again
	isMember(t, d, g, ids[:3])
	join(t, d, g, directory.MemberChange{Add: ids[3:], Remove: ids[:1]})
	join(t, d, g, directory.MemberChange{Remove: ids[:1]}) // again
	isMember(t, d, g, ids[1:])
	if err := d.Delete(t.Context(), scim.Ref{Type: scim.User, ID: ids[1]}); err != nil {
		t.Fatal(err)
	}
	isMember(t, d, g, ids[2:])
}

func onlyMembers(t *testing.T, d directory.Directory) {
	g, ids := groupOf(t, d, "only", 3)
	join(t, d, g, directory.MemberChange{Replace: true, Add: ids[:2]})
	isMember(t, d, g, ids[:2])
	join(t, d, g, directory.MemberChange{Replace: true, Add: ids[1:]})
	isMember(t, d, g, ids[1:])
	join(t, d, g, directory.MemberChange{Replace: true})
	isMember(t, d, g, nil)
}

func unknownMember(t *testing.T, d directory.Directory) {
	g, ids := groupOf(t, d, "unknown", 2)
	join(t, d, g, directory.MemberChange{Add: ids[:1]})
	for _, id := range []string{"00000000-0000-0000-0000-000000000000", "../x"} {
		if err := d.ChangeMembers(t.Context(), g, directory.MemberChange{Add: []string{ids[1], id}}); status(err) != 400 {
			t.Errorf("unknown member %q: %v", id, err)
		}
	}
	isMember(t, d, g, ids[:1])
}

func pages(t *testing.T, d directory.Directory) {
	for i := range 5 {
		create(t, d, scim.User, Sample(200+i))
	}
	inAll := scim.Compare{Attr: scim.AttrPath{Name: "userName"}, Op: scim.Sw, Value: `"sample20"`}
	var names []string
	for start := 1; start <= 7; start += 2 {
		p, err := d.List(t.Context(), directory.Query{Type: scim.User, Filter: inAll, Start: start, Count: 2, Fields: directory.Fields{Only: []string{"username"}}})
		if err != nil || p.Total != 5 {
			t.Fatalf("page at %d: %v, total %d", start, err, p.Total)
		}
		for _, r := range p.Resources {
			names = append(names, document.Text(r.Raw("userName")))
		}
	}
	if want := []string{"sample200", "sample201", "sample202", "sample203", "sample204"}; !slices.Equal(names, want) {
		t.Errorf("walk: %v", names)
	}
	p, err := d.List(t.Context(), directory.Query{Type: scim.User, Filter: inAll, Start: 1})
	if err != nil || p.Total != 5 || len(p.Resources) != 0 {
		t.Errorf("count 0: %v %+v", err, p)
	}
}

// holdings: a kept attribute is either shown as asked (a room above keeps it) or not at all; never half.
func holdings(t *testing.T, d directory.Directory) {
	asked := Sample(10).With("title", `"T"`).With("externalId", `"e"`).With("urn:example:1:User", `{"a":{"b":1}}`)
	made := create(t, d, scim.User, asked)
	agree(t, "get", made, get(t, d, user(made), directory.Fields{}))
	for _, name := range []string{"title", "externalId", "urn:example:1:User"} {
		if got := made.Raw(name); got != "" && !document.Same(got, asked.Raw(name)) {
			t.Errorf("%s is %s", name, got)
		}
	}
}

// walks goes by marks while rows before, at and behind the mark are deleted and made.
func walks(t *testing.T, d directory.Directory) {
	for _, kind := range []scim.ResourceType{scim.User, scim.Group} {
		var ids []string
		for i := range 8 {
			r := Sample(300 + i)
			if kind == scim.Group {
				r = document.Must(fmt.Sprintf(`{"displayName":"walk%d"}`, i))
			}
			ids = append(ids, create(t, d, kind, r).ID())
		}
		gone := map[string]bool{}
		drop := func(i int) {
			gone[ids[i]] = true
			if err := d.Delete(t.Context(), scim.Ref{Type: kind, ID: ids[i]}); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[string]int{}
		q := directory.Query{Type: kind, Start: 1, Count: 2}
		for page := range 10 {
			p, err := d.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Resume) != len(p.Resources) {
				t.Fatalf("%d marks for %d resources", len(p.Resume), len(p.Resources))
			}
			for _, r := range p.Resources {
				seen[r.ID()]++
			}
			if len(p.Resources) == 0 {
				break
			}
			if q.ResumeAfter = p.Resume[len(p.Resume)-1]; q.ResumeAfter == "" {
				break
			}
			switch page {
			case 0:
				drop(0) // before the mark
			case 1:
				drop(3) // the mark itself
				create(t, d, kind, map[scim.ResourceType]scim.Resource{scim.User: Sample(200), scim.Group: document.Must(`{"displayName":"a new one"}`)}[kind])
			}
		}
		for _, id := range ids {
			if seen[id] > 1 || seen[id] == 0 && !gone[id] {
				t.Errorf("%s %s was seen %d times", kind, id, seen[id])
			}
		}
	}
}
