package directorytest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// supportedFilters checks that filters that Capabilities.Filters supports are evaluated as RFC 7644
// defines them, on resources with and without the attribute.
func supportedFilters(t *testing.T, d directory.Directory) {
	group, users := groupOf(t, d, "Vouched A", 3)
	join(t, d, group, directory.MemberChange{Add: users[:2]})
	other := create(t, d, scim.Group, document.Must(`{"displayName":"vouched b"}`))
	bare := scim.Ref{Type: scim.User, ID: users[1]}
	if _, err := d.Update(t.Context(), bare, func(r scim.Resource) (scim.Resource, error) {
		return r.Without("emails").Without("name").With("active", "false"), nil
	}); err != nil {
		t.Fatal(err)
	}
	for kind, ids := range map[scim.ResourceType][]string{scim.User: users, scim.Group: {group.ID, other.ID()}} {
		all := make([]scim.Resource, len(ids))
		for i, id := range ids {
			ref := scim.Ref{Type: kind, ID: id}
			all[i] = get(t, d, ref, directory.Fields{Members: kind == scim.Group})
			if kind == scim.User { // a user's groups are shown only if requested
				all[i] = all[i].With("groups", get(t, d, ref, directory.Fields{Only: []string{"groups"}}).Raw("groups"))
			}
		}
		for path, can := range d.Capabilities().Filters[kind] {
			for _, f := range allowed(spelled(kind, path), can, kind, all) {
				decides(t, d, kind, f, all)
			}
		}
	}
}

// spelled returns a path as resources spell it.
func spelled(kind scim.ResourceType, key string) scim.AttrPath {
	a := scim.MustPath(key)
	top, _ := scim.CoreSchemas().Lookup(kind, a.Top())
	a.Name = top.Name
	if sub, ok := top.Sub(a.Sub); ok {
		a.Sub = sub.Name
	}
	return a
}

// allowed returns the filters on an attribute that a directory supports, with the values of
// resources.
func allowed(a scim.AttrPath, can directory.FilterSupport, kind scim.ResourceType, all []scim.Resource) []scim.Filter {
	def, _ := scim.CoreSchemas().Lookup(kind, a)
	var out []scim.Filter
	add := func(op scim.Operator, value string) {
		out = append(out, scim.Compare{Attr: a, Op: op, Value: value})
	}
	for _, r := range all {
		value := firstValue(r, a)
		switch {
		case value == "":
			continue
		case def.Type == "dateTime": // far from the stored values: Keycloak has another precision
			add(scim.Gt, `"2020-01-01T00:00:00Z"`)
			add(scim.Lt, `"2020-01-01T00:00:00Z"`)
			continue
		}
		add(scim.Eq, value)
		if can >= directory.NoNegation && def.Type == "string" {
			add(scim.Sw, value[:5]+`"`)
			add(scim.Co, value)
			if !def.CaseExact {
				add(scim.Eq, strings.ToUpper(value))
			}
		}
		if can == directory.Full {
			add(scim.Ne, value)
			out = append(out, scim.Not{Term: scim.Compare{Attr: a, Op: scim.Eq, Value: value}})
		}
	}
	if can >= directory.NoNegation {
		out = append(out, scim.Present{Attr: a})
	}
	return out
}

// firstValue returns the first value of an attribute. A path into a multi-valued one is that of an
// element.
func firstValue(r scim.Resource, a scim.AttrPath) string {
	if top := r.Get(a.Top()); strings.HasPrefix(top, "[") {
		return document.Must(document.Elements(top)[0]).Raw(a.Sub)
	}
	return r.Get(a)
}

func decides(t *testing.T, d directory.Directory, kind scim.ResourceType, f scim.Filter, all []scim.Resource) {
	t.Helper()
	p, err := d.List(t.Context(), directory.Query{Type: kind, Filter: f, Start: 1, Count: 100})
	if err != nil {
		t.Errorf("%s: %v", f, err)
		return
	}
	var got, want []string
	for _, r := range all {
		if scim.CoreSchemas().Match(f, kind, r) {
			want = append(want, r.ID())
		}
		if slices.ContainsFunc(p.Resources, func(found scim.Resource) bool { return found.ID() == r.ID() }) {
			got = append(got, r.ID())
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s %s: %v, want %v", kind, f, got, want)
	}
}
