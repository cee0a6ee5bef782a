package undo

import (
	"context"
	"net/http"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/scim"
)

// state has the resources of a plan: as they are now, and as they are after the entries that have
// been looked at were undone.
type state struct {
	place     operating.Place
	later     later
	resources map[scim.Ref]*resource
	order     []*resource
	lost      []Row // what is left alone and belongs to no resource
}

// resource is one that entries name.
type resource struct {
	ref  scim.Ref
	name string
	now  scim.Resource // without members; of a leaver, as Keycloak shows it
	then scim.Resource
	// exists and existed say whether there is such a resource now, and in the plan.
	exists, existed bool
	leaver          bool // it was parked or deactivated by a DELETE
	touched         []scim.AttrPath
	left            []Row
	gone            bool        // the entries name it, and it is neither here nor comes back
	undone          bool        // its create is undone
	rejoins         []*resource // groups of a user that comes back
	// members of a group by their ids, now and in the plan.
	members, joined map[string]bool
}

// resource returns a resource, which is read when it is named first.
func (s *state) resource(ctx context.Context, ref scim.Ref, name string) (*resource, error) {
	if r := s.resources[ref]; r != nil {
		return r, nil
	}
	r := &resource{ref: ref, name: name, members: map[string]bool{}, joined: map[string]bool{}}
	shown, err := s.place.Directory.Get(ctx, ref, directory.Fields{Members: ref.Type == scim.Group})
	switch {
	case err == nil:
		r.exists, r.existed = true, true
	case scim.Status(err) == http.StatusNotFound && ref.Type == scim.User:
		shown, err = s.place.Directory.Get(directory.Reviving(ctx), ref, directory.Fields{})
		r.leaver = err == nil
	}
	if err != nil && scim.Status(err) != http.StatusNotFound {
		return nil, err
	}
	for _, id := range directory.References(shown.Raw("members")) {
		r.members[id], r.joined[id] = true, true
	}
	if r.exists {
		r.name = journal.NameOf(ref.Type, shown)
	}
	r.now = shown.Without("members")
	r.then = r.now
	s.resources[ref] = r
	s.order = append(s.order, r)
	return r, nil
}

// groups are those of a user in the plan, sorted.
func (s *state) groups(r *resource) (ids []string) {
	for _, id := range directory.References(r.now.Raw("groups")) {
		if s.resources[scim.Ref{Type: scim.Group, ID: id}] == nil {
			ids = append(ids, id)
		}
	}
	for _, g := range s.order {
		if g.ref.Type == scim.Group && g.existed && g.joined[r.ref.ID] {
			ids = append(ids, g.ref.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// leave notes what is left alone. An attribute has one row, with the oldest value.
func (r *resource) leave(row Row) {
	row.Action, row.Type, row.ID, row.Name = Leave, r.ref.Type, r.ref.ID, r.name
	for i, have := range r.left {
		if have.Attribute == row.Attribute && have.Reason == row.Reason && (row.Attribute != membersName || have.Now == row.Now) {
			r.left[i].Then = row.Then
			return
		}
	}
	r.left = append(r.left, row)
}

const membersName = "members"
