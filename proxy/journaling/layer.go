package journaling

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journal/changes"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/scim/secrets"
)

// Directory is the layer that sees what a call changes. A call of a context without an entry is
// passed on.
type Directory struct {
	directory.Directory
	allow func(ctx context.Context, e Effect) error
}

// Over returns the layer on top of below. allow decides about changes that end the access of
// users, before anything is done; nil allows all.
func Over(below directory.Directory, allow func(ctx context.Context, e Effect) error) *Directory {
	return &Directory{below, allow}
}

var _ directory.Directory = (*Directory)(nil)

// allowed asks the policy about the first effect of a call that ends access. What a call does after
// that belongs to it: the rest of it, or its undoing. An operator who undoes or reapplies a change
// needs no permission.
func (d *Directory) allowed(ctx context.Context, s *sheet, e Effect) error {
	if d.allow == nil || s.allowed || s.operator || !e.Destructive() {
		return nil
	}
	err := d.allow(ctx, e)
	s.allowed = err == nil
	return err
}

// begin saves the entry as it is now, before the change is made.
func (s *sheet) begin(ctx context.Context) error {
	s.outcome = directory.OutcomeOf(ctx)
	if s.log != nil {
		if err := s.log.Begin(ctx, &s.entry); err != nil {
			return err
		}
	}
	s.begun = true
	return nil
}

// kept are those of some attributes that Keycloak does not have.
func (d *Directory) kept(t scim.ResourceType, changes []journal.Change) (out []string) {
	can := d.Capabilities()
	for _, c := range changes {
		at, err := scim.ParseAttrPath(c.Path)
		if err == nil && !scim.ServerManaged(at) && can.Placement(t, at) == directory.StoreOnly {
			out = append(out, c.Path)
		}
	}
	return out
}

// Create creates a resource.
func (d *Directory) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	s := sheetOf(ctx)
	if s == nil {
		return d.Directory.Create(ctx, t, r)
	}
	s.entry.Name, s.entry.After = journal.NameOf(t, r), secrets.Without(r.String())
	s.entry.MembersToCome = !directory.MembersToCome(ctx).Empty()
	if err := s.begin(ctx); err != nil {
		return scim.Resource{}, err
	}
	made, err := d.Directory.Create(ctx, t, r)
	if err == nil {
		s.made, s.entry.Target = made.ID(), made.ID()
		s.entry.Name, s.entry.After = journal.NameOf(t, made), secrets.Without(made.String())
		var all []journal.Change
		for l := range made.Leaves() {
			all = append(all, journal.Change{Path: l.Path.String()})
		}
		s.entry.Kept = d.kept(t, all)
	}
	return made, err
}

// Update changes a resource.
func (d *Directory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	s := sheetOf(ctx)
	switch {
	case s == nil, ref.ID == s.made:
		return d.Directory.Update(ctx, ref, edit)
	case directory.Revives(ctx), s.revived:
		return d.revive(ctx, s, ref, edit)
	}
	first := s.before.IsZero()
	var before scim.Resource
	after, err := d.Directory.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
		before = current
		wanted, err := edit(current)
		if err != nil {
			return wanted, err
		}
		changes := d.changes(ref.Type, current, wanted)
		if s.entry.Name == "" {
			s.entry.Name = journal.NameOf(ref.Type, current)
		}
		if !first || len(changes) == 0 {
			return wanted, nil
		}
		if err := d.allowed(ctx, s, Effect{Ref: ref, Name: s.entry.Name, Deactivates: deactivates(ref.Type, current, wanted)}); err != nil {
			return current, err
		}
		if err := d.mayLose(ctx, s, ref); err != nil {
			return current, err
		}
		s.entry.Changes, s.entry.MembersToCome = changes, !directory.MembersToCome(ctx).Empty()
		return wanted, s.begin(ctx)
	})
	if err == nil {
		if first {
			s.before = before
		}
		s.entry.Changes = changes.Of(s.before, after)
		s.entry.Kept = d.kept(ref.Type, s.entry.Changes)
		if s.times != nil {
			s.modified(s.times.Old, after.Get(changes.Modified))
		}
	}
	return after, err
}

// changes are those that an edit asks for. Of another spelling of a value, only those count that
// the store keeps.
func (d *Directory) changes(t scim.ResourceType, current, wanted scim.Resource) []journal.Change {
	all := changes.Of(current, wanted)
	respelled := func(c journal.Change) bool { return c.Old != c.New && document.Same(c.Old, c.New) }
	if len(all) == 0 || !respelled(all[0]) { // other changes come first
		return all
	}
	can := d.Capabilities()
	return slices.DeleteFunc(all, func(c journal.Change) bool {
		at, err := scim.ParseAttrPath(c.Path)
		return err != nil || can.Placement(t, at) != directory.StoreOnly
	})
}

// modified notes a change of meta.lastModified by a change of members. The first time before all
// changes of the call stays.
func (s *sheet) modified(before, after string) {
	at := slices.IndexFunc(s.entry.Changes, journal.Change.Timed)
	if s.times == nil {
		s.times = &journal.Change{Path: changes.Modified.String(), Old: before}
		if at >= 0 {
			s.times.Old = s.entry.Changes[at].Old
		}
	}
	s.times.New = after
	if at < 0 {
		s.entry.Changes = append(s.entry.Changes, *s.times)
		return
	}
	s.entry.Changes[at] = *s.times
}

// revive brings a user back. The entry is that of a create, because its undo deletes the user
// again.
func (d *Directory) revive(ctx context.Context, s *sheet, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	after, err := d.Directory.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
		wanted, err := edit(current)
		if err != nil || s.begun {
			return wanted, err
		}
		s.revived, s.entry.Name, s.entry.After = true, journal.NameOf(ref.Type, wanted), secrets.Without(wanted.String())
		return wanted, s.begin(ctx)
	})
	if err == nil {
		s.entry.Name, s.entry.After = journal.NameOf(ref.Type, after), secrets.Without(after.String())
	}
	return after, err
}

// Delete deletes a resource.
func (d *Directory) Delete(ctx context.Context, ref scim.Ref) error {
	s := sheetOf(ctx)
	if s == nil || ref.ID == s.made {
		return d.Directory.Delete(ctx, ref)
	}
	before, err := d.Directory.Get(ctx, ref, directory.Fields{Members: ref.Type == scim.Group})
	if err != nil {
		if scim.IsGone(err) { // the layers below remove what they keep of it
			return d.Directory.Delete(ctx, ref)
		}
		return err
	}
	if ref.Type == scim.Group { // its members once only: a group may have so many that a record cannot have them twice
		s.entry.Removed = directory.References(before.Raw(membersPath.Name))
		before = before.Without(membersPath.Name)
	}
	s.entry.Name, s.entry.Before = journal.NameOf(ref.Type, before), secrets.Without(before.String())
	effect := Effect{Ref: ref, Name: s.entry.Name, Deletes: ref.Type == scim.User, Removed: s.entry.Removed, Size: func() (int, error) { return len(s.entry.Removed), nil }}
	if err := d.allowed(ctx, s, effect); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	return d.Directory.Delete(ctx, ref)
}
