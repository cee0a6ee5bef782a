package directorytest

import (
	"fmt"
	"slices"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

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
	all := list(t, d, directory.Query{Type: scim.User, Start: 1, Count: 100})
	behind := list(t, d, directory.Query{Type: scim.User, Start: 2, Count: 2, ResumeAfter: list(t, d, directory.Query{Type: scim.User, Start: 1, Count: 2}).Resume[1]})
	if len(all.Resources) < 5 || len(behind.Resources) != 2 || behind.Resources[0].ID() != all.Resources[3].ID() || behind.Resources[1].ID() != all.Resources[4].ID() {
		t.Errorf("the second and third of those after the second: %v", behind.Resources)
	}
	p, err := d.List(t.Context(), directory.Query{Type: scim.User, Filter: inAll, Start: 1})
	if err != nil || p.Total != 5 || len(p.Resources) != 0 {
		t.Errorf("count 0: %v %+v", err, p)
	}
}

func list(t *testing.T, d directory.Directory, q directory.Query) directory.Page {
	t.Helper()
	p, err := d.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// walks lists page by page with ResumeAfter, while resources before, at and after the position are
// deleted and created.
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
				t.Fatalf("%d positions for %d resources", len(p.Resume), len(p.Resources))
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
				drop(0) // before the position
			case 1:
				drop(3) // at the position
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
