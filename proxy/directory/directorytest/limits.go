package directorytest

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// limits walks with a filter that is as long and as deep as the directory accepts. If the directory
// states no limits, the filter is longer and deeper than Keycloak accepts.
func limits(t *testing.T, d directory.Directory) {
	name := scim.AttrPath{Name: "userName"}
	long := "sample400" + strings.Repeat("x", 246) // the longest name: ResumeAfter contains it
	var want []string
	for i, n := range []string{long, "sample401", "sample402"} {
		made := create(t, d, scim.User, Sample(400+i).With("userName", document.Quote(n)))
		if i < 2 {
			want = append(want, made.ID())
		}
	}
	l := d.Capabilities().FilterLimits
	f := filterOf(cmp.Or(l.Length, 3000), cmp.Or(l.Nesting, 12), scim.Equal(name, long), scim.Equal(name, "sample401"))
	if !l.Accept(f) {
		t.Fatalf("%+v do not accept %s", l, f)
	}
	var got []string
	q := directory.Query{Type: scim.User, Filter: f, Start: 1, Count: 1}
	for range 3 {
		p, err := d.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Resources {
			got = append(got, r.ID())
		}
		if q.Start++; len(p.Resume) > 0 && p.Resume[0] != "" {
			q.ResumeAfter, q.Start = p.Resume[0], 1
		}
	}
	slices.Sort(want)
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

// filterOf returns a filter of the given size in bytes and nesting that matches one of the terms.
func filterOf(length, nesting int, terms ...scim.Filter) scim.Filter {
	unused := func(n int) scim.Filter { return scim.Equal(scim.AttrPath{Name: "userName"}, strings.Repeat("y", n)) }
	f := scim.Or{Terms: terms}
	for range nesting {
		f = scim.Or{Terms: []scim.Filter{f, unused(1)}}
	}
	f.Terms = append(f.Terms, unused(1))
	f.Terms[len(f.Terms)-1] = unused(1 + length - len(f.String()))
	return f
}
