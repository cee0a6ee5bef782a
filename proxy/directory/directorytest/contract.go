// Package directorytest has the contract of directory.Directory as a test suite, and Memory, a
// directory in memory. Memory, the Keycloak adapter and the whole stack pass the suite, so a layer
// that is tested on Memory is tested on Keycloak's behaviour.
package directorytest

import (
	"errors"
	"fmt"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Run checks the contract of a Directory. open returns an empty one; names in it must not clash
// with those of other runs.
func Run(t *testing.T, open func(t *testing.T) directory.Directory) {
	for name, check := range map[string]func(*testing.T, directory.Directory){
		"get and list show what create returned":               createGetList,
		"update returns what get shows":                        updateGet,
		"update of a member returns what get shows":            updateMember,
		"an edit that changes nothing changes nothing":         noChange,
		"an edit that fails changes nothing":                   editFails,
		"a removed attribute is gone":                          removal,
		"userName cannot be removed or emptied":                nameStays,
		"names are unique":                                     unique,
		"unknown ids are 404":                                  unknown,
		"delete deletes":                                       deletes,
		"members come and go":                                  membership,
		"only means only":                                      onlyMembers,
		"an unknown member changes nothing":                    unknownMember,
		"pages and totals":                                     pages,
		"a walk sees every resource once":                      walks,
		"a kept attribute is shown as requested or not at all": keptAttributes,
		"supported filters are evaluated as RFC 7644 defines":  supportedFilters,
		"filters within the limits are accepted":               limits,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

// Sample returns a user that every directory can store; n makes it unique.
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

// agree compares two resources without meta.
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

// updateMember checks that attributes that the directory adds, such as groups, are the same too.
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

// keptAttributes checks that an attribute that Keycloak does not store is shown as requested (if a
// layer keeps it) or not at all.
func keptAttributes(t *testing.T, d directory.Directory) {
	asked := Sample(10).With("title", `"T"`).With("externalId", `"e"`).With("urn:example:1:User", `{"a":{"b":1}}`)
	made := create(t, d, scim.User, asked)
	agree(t, "get", made, get(t, d, user(made), directory.Fields{}))
	for _, name := range []string{"title", "externalId", "urn:example:1:User"} {
		if got := made.Raw(name); got != "" && !document.Same(got, asked.Raw(name)) {
			t.Errorf("%s is %s", name, got)
		}
	}
}
