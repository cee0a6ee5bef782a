package undo

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal/changes"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// step is what is done to one resource.
type step struct {
	ref    scim.Ref
	action Action // Delete, Revive, or Change
	rows   []Row
	values []protocol.Value
	// member changes of a group
	members directory.MemberChange
	// now is the resource as the plan has read it, with the ids that it refers to: members of a
	// group, groups of a user.
	now        scim.Resource
	references []string
}

// steps are the differences between now and the plan.
func (s *state) steps() (rows []Row, all []*step) {
	left := s.lost
	for _, r := range s.order {
		for _, g := range r.rejoins {
			if !g.existed && !g.undone {
				r.leave(Row{Attribute: "groups", Now: g.ref.ID, Then: g.name, Reason: "the group does not exist any more"})
			}
		}
		left = append(left, r.left...)
		st := &step{ref: r.ref, now: r.now, action: Change}
		switch {
		case r.exists && !r.existed:
			st.action = Delete
			st.row(r, Row{Action: Delete})
			st.references = directory.References(r.now.Raw("groups"))
			if r.ref.Type == scim.Group {
				st.references = sorted(r.members)
			}
		case !r.exists && r.existed:
			st.action = Revive
			st.row(r, Row{Action: Revive})
			st.revived(r)
		case r.exists:
			st.changed(r)
			s.joins(st, r)
		}
		if len(st.rows) > 0 || len(st.values) > 0 {
			all = append(all, st)
			rows = append(rows, st.rows...)
		}
	}
	return append(rows, left...), all
}

func (st *step) row(r *resource, row Row) {
	row.Type, row.ID, row.Name = r.ref.Type, r.ref.ID, r.name
	st.rows = append(st.rows, row)
}

// revived has all values of a user that comes back.
func (st *step) revived(r *resource) {
	for l := range r.then.Leaves() {
		if !scim.ServerManaged(l.Path) {
			st.values = append(st.values, protocol.Value{Path: l.Path, To: l.Raw})
		}
	}
	st.time(r)
}

// changed has the values that the entries have changed.
func (st *step) changed(r *resource) {
	timed := false
	for _, at := range r.touched {
		v := protocol.Value{Path: at, From: r.now.Get(at), To: r.then.Get(at)}
		switch {
		case v.From == v.To:
		case at.Is(changes.Modified):
			timed = true
		default:
			st.values = append(st.values, v)
			st.row(r, Row{Action: Change, Attribute: at.String(), Now: v.From, Then: v.To})
		}
	}
	slices.SortFunc(st.rows, func(a, b Row) int { return strings.Compare(a.Attribute, b.Attribute) })
	if timed {
		st.time(r)
	}
}

// time restores meta.lastModified, if all that the entries changed is restored.
func (st *step) time(r *resource) {
	if to := r.then.Get(changes.Modified); to != "" && len(r.left) == 0 {
		st.values = append(st.values, protocol.Value{Path: changes.Modified, From: r.now.Get(changes.Modified), To: to})
	}
}

// joins has the members that are added and removed. The time of the last change is restored after
// that, because a change of members sets it.
func (s *state) joins(st *step, g *resource) {
	named := func(id string) string {
		if user := s.resources[scim.Ref{Type: scim.User, ID: id}]; user != nil {
			return user.name
		}
		return ""
	}
	for _, id := range sorted(g.joined) {
		if !g.members[id] {
			st.members.Add = append(st.members.Add, id)
			st.row(g, Row{Action: Add, Attribute: membersName, Now: id, Then: named(id)})
		}
	}
	for _, id := range sorted(g.members) {
		if !g.joined[id] {
			st.members.Remove = append(st.members.Remove, id)
			st.row(g, Row{Action: Remove, Attribute: membersName, Now: id, Then: named(id)})
		}
	}
	timed := slices.ContainsFunc(st.values, func(v protocol.Value) bool { return v.Path.Is(changes.Modified) })
	if !st.members.Empty() && !timed {
		st.time(g)
	}
}
