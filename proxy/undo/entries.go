package undo

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journal/changes"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// undo undoes one entry in the plan.
func (s *state) undo(ctx context.Context, e journal.Entry) error {
	if e.Target == "" {
		s.lost = append(s.lost, Row{Action: Leave, Type: e.Type, Name: e.Name, Reason: "it is not known which resource was created: its process was killed"})
		return nil
	}
	r, err := s.resource(ctx, e.Ref(), e.Name)
	if err != nil {
		return err
	}
	switch {
	case e.State == journal.Open:
		r.leave(Row{Reason: "the outcome of a call is not known yet: request " + e.Request})
		return nil
	case e.Deletes():
		return s.undelete(ctx, r, e)
	case e.Creates():
		s.uncreate(r, e)
		return nil
	}
	return s.unchange(ctx, r, e)
}

func (s *state) undelete(ctx context.Context, r *resource, e journal.Entry) error {
	switch former, err := document.Parse([]byte(e.Before)); {
	case r.existed:
		r.leave(Row{Reason: "it exists again"})
	case s.later.since(e, r.ref, deleted):
		r.lose("it was deleted again, by a newer write that is not undone")
	case r.ref.Type == scim.Group:
		r.lose("a deleted group cannot come back with its id: create it anew")
	case !r.leaver:
		r.lose("it was deleted for good and cannot come back with its id: create it anew")
	case err != nil:
		r.lose("the journal keeps no values")
	default:
		r.existed, r.name = true, e.Name
		r.then = former
		return s.rejoin(ctx, r, directory.References(former.Raw("groups")))
	}
	return nil
}

// lose notes that a resource cannot come back.
func (r *resource) lose(reason string) {
	r.gone = true
	r.leave(Row{Reason: reason})
}

// rejoin makes a user that exists again a member of its groups.
func (s *state) rejoin(ctx context.Context, r *resource, groups []string) error {
	for _, id := range groups {
		g, err := s.resource(ctx, scim.Ref{Type: scim.Group, ID: id}, "")
		if err != nil {
			return err
		}
		g.joined[r.ref.ID] = true
		r.rejoins = append(r.rejoins, g)
	}
	return nil
}

func (s *state) uncreate(r *resource, e journal.Entry) {
	made, err := document.Parse([]byte(e.After))
	switch {
	case !r.existed: // it is gone already, and was not there before
		r.left, r.gone, r.undone = nil, false, true
	case err != nil:
		r.leave(Row{Reason: "it was created, and is not deleted: the journal keeps no values, so whether it was changed meanwhile is not known"})
	case s.later.since(e, r.ref, created):
		r.leave(Row{Reason: "it was created, and is not deleted, because it was created again, by a newer write that is not undone"})
	case s.differs(r, made, e.Added) != "":
		r.leave(Row{Reason: "it was created, and is not deleted, because it was changed meanwhile: " + s.differs(r, made, e.Added)})
	default:
		r.existed, r.undone = false, true
		r.then = scim.Resource{}
	}
}

// differs names an attribute of a resource in the plan that is not as it was created, "" if there
// is none.
func (s *state) differs(r *resource, made scim.Resource, members []string) string {
	for _, op := range scim.Diff(r.then, made) {
		return op.Path.String()
	}
	switch {
	case r.ref.Type == scim.Group && !slices.Equal(sorted(r.joined), slices.Sorted(slices.Values(members))):
		return membersName
	case r.ref.Type == scim.User && !slices.Equal(s.groups(r), slices.Sorted(slices.Values(directory.References(made.Raw("groups"))))):
		return "groups"
	}
	return ""
}

// sorted are the ids that are in a set.
func sorted(set map[string]bool) (ids []string) {
	for id, in := range set {
		if in {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (s *state) unchange(ctx context.Context, r *resource, e journal.Entry) error {
	if !r.existed {
		if !r.gone {
			r.lose("it does not exist any more")
		}
		return nil
	}
	for _, c := range e.Changes {
		at, err := scim.ParseAttrPath(c.Path)
		switch {
		case err != nil:
			return err
		case c.Timed():
			r.untime(c)
		case e.Valueless:
			r.leave(Row{Attribute: c.Path, Reason: "the journal keeps no values"})
		case r.then.Get(at) == c.Old && c.Old != c.New: // it is undone already
		case !document.Same(r.then.Get(at), c.New), s.later.changed(e, at):
			r.leave(Row{Attribute: c.Path, Now: r.now.Get(at), Then: c.Old, Reason: changed})
		default:
			r.then = r.then.Set(at, c.Old)
			r.touch(at)
		}
	}
	return s.unjoin(ctx, r, e)
}

const changed = "it was changed meanwhile"

func (r *resource) touch(at scim.AttrPath) {
	if !slices.ContainsFunc(r.touched, at.Is) {
		r.touched = append(r.touched, at)
	}
}

// untime restores the time of the last change. A time that was not kept is before that of
// Keycloak, which is shown then.
func (r *resource) untime(c journal.Change) {
	if document.Same(r.then.Get(changes.Modified), c.New) {
		old := c.Old
		if old == "" {
			old = r.then.Get(scim.AttrPath{Name: "meta", Sub: "created"})
		}
		r.then = r.then.Set(changes.Modified, old)
		r.touch(changes.Modified)
	}
}

// unjoin takes back a change of members.
func (s *state) unjoin(ctx context.Context, g *resource, e journal.Entry) error {
	for _, id := range e.Added {
		if g.joined[id] && s.later.moved(e, id) {
			g.leave(Row{Attribute: membersName, Now: id, Reason: changed})
			continue
		}
		if g.joined[id] {
			g.joined[id] = false
			continue
		}
		user, err := s.resource(ctx, scim.Ref{Type: scim.User, ID: id}, "")
		if err != nil {
			return err
		}
		if user.existed {
			g.leave(Row{Attribute: membersName, Now: id, Then: user.name, Reason: "the user is not a member any more"})
		}
	}
	for _, id := range e.Removed {
		if g.joined[id] {
			g.leave(Row{Attribute: membersName, Now: id, Reason: "the user is a member again"})
			continue
		}
		user, err := s.resource(ctx, scim.Ref{Type: scim.User, ID: id}, "")
		if err != nil {
			return err
		}
		if !user.existed {
			g.leave(Row{Attribute: membersName, Now: id, Then: user.name, Reason: "the user does not exist any more"})
			continue
		}
		if s.later.moved(e, id) {
			g.leave(Row{Attribute: membersName, Now: id, Then: user.name, Reason: changed})
			continue
		}
		g.joined[id] = true
	}
	return nil
}
