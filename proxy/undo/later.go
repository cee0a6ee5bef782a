package undo

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
)

// later is what newer calls that are not undone have done to the resources of a plan. It tells a
// value that a call has set from the same value that a newer call has set again.
type later map[scim.Ref][]deed

// deed is what one call did, by the id of its entry.
type deed struct {
	id               string
	paths            []scim.AttrPath
	members          []string // who was added or removed
	created, deleted bool
}

// laterPage is how many entries are read at once.
const laterPage = 1000

// laterThan reads the journal from the first of the entries that are undone.
func laterThan(ctx context.Context, log *journal.Log, undone []journal.Entry) (later, error) {
	selected, refs := map[string]bool{}, map[scim.Ref]bool{}
	for _, e := range undone {
		selected[e.ID], refs[e.Ref()] = true, true
		for _, ids := range [][]string{e.Added, e.Removed} {
			for _, id := range ids {
				refs[scim.Ref{Type: scim.User, ID: id}] = true
			}
		}
	}
	all := later{}
	for after := undone[0].ID; ; {
		page, err := log.Find(ctx, journal.Query{After: after, Most: laterPage})
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if after = e.ID; !selected[e.ID] && refs[e.Ref()] && e.Happened() {
				all[e.Ref()] = append(all[e.Ref()], deedOf(e))
			}
		}
		if len(page) < laterPage {
			return all, nil
		}
	}
}

func deedOf(e journal.Entry) deed {
	d := deed{id: e.ID, members: slices.Concat(e.Added, e.Removed), created: e.Verb == "create", deleted: e.Deletes()}
	for _, c := range e.Changes {
		if at, err := scim.ParseAttrPath(c.Path); err == nil && !c.Timed() {
			d.paths = append(d.paths, at.Folded())
		}
	}
	return d
}

// since reports whether a newer call than an entry did something to a resource.
func (l later) since(e journal.Entry, ref scim.Ref, did func(deed) bool) bool {
	return slices.ContainsFunc(l[ref], func(d deed) bool { return d.id > e.ID && did(d) })
}

// changed reports whether a newer call has changed an attribute, or a part of it.
func (l later) changed(e journal.Entry, at scim.AttrPath) bool {
	at = at.Folded()
	return l.since(e, e.Ref(), func(d deed) bool {
		return slices.ContainsFunc(d.paths, func(p scim.AttrPath) bool { return p == at || p == at.Top() || p.Top() == at })
	})
}

// moved reports whether a newer call has added or removed a member, or has created the user anew.
func (l later) moved(e journal.Entry, user string) bool {
	return l.since(e, e.Ref(), func(d deed) bool { return slices.Contains(d.members, user) }) ||
		l.since(e, scim.Ref{Type: scim.User, ID: user}, created)
}

func created(d deed) bool { return d.created }
func deleted(d deed) bool { return d.deleted }
