package journaling

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
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

// allowed asks the policy about the first effect of a call. What a call does after that belongs to
// it: the rest of it, or its undoing. An operator who undoes or reapplies a change needs no
// permission.
func (d *Directory) allowed(ctx context.Context, s *sheet, e Effect) error {
	if d.allow == nil || s.begun || s.operator || !e.Destructive() {
		return nil
	}
	return d.allow(ctx, e)
}

// begin saves the entry as it is now, before the change is made.
func (s *sheet) begin(ctx context.Context) error {
	if s.outcome == nil {
		s.outcome = directory.OutcomeOf(ctx)
	}
	if s.log != nil {
		if err := s.log.Begin(ctx, &s.entry); err != nil {
			return err
		}
	}
	s.begun = true
	return nil
}

// kept are those of some attributes that Keycloak does not have.
func (d *Directory) kept(t scim.ResourceType, paths []scim.AttrPath) (out []string) {
	c := d.Capabilities()
	for _, p := range paths {
		if !scim.ServerManaged(p) && c.Placement(t, p) == directory.StoreOnly {
			out = append(out, p.String())
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
	if err := s.begin(ctx); err != nil {
		return scim.Resource{}, err
	}
	made, err := d.Directory.Create(ctx, t, r)
	if err == nil {
		s.made, s.entry.Target = made.ID(), made.ID()
		s.entry.Name, s.entry.After = journal.NameOf(t, made), secrets.Without(made.String())
		var all []scim.AttrPath
		for l := range made.Leaves() {
			all = append(all, l.Path)
		}
		s.entry.Kept = d.kept(t, all)
	}
	return made, err
}

// Update changes a resource.
func (d *Directory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	s := sheetOf(ctx)
	if s == nil || ref.ID == s.made {
		return d.Directory.Update(ctx, ref, edit)
	}
	first := s.before.IsZero()
	var before scim.Resource
	after, err := d.Directory.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
		before = current
		wanted, err := edit(current)
		if err != nil {
			return wanted, err
		}
		changes := journal.ChangesOf(current, wanted)
		if s.entry.Name == "" {
			s.entry.Name = journal.NameOf(ref.Type, current)
		}
		if !first || len(changes) == 0 {
			return wanted, nil
		}
		if err := d.allowed(ctx, s, Effect{Ref: ref, Name: s.entry.Name, Deactivates: deactivates(ref.Type, current, wanted)}); err != nil {
			return current, err
		}
		s.entry.Changes = changes
		return wanted, s.begin(ctx)
	})
	if err == nil {
		if first {
			s.before = before
		}
		s.entry.Changes = journal.ChangesOf(s.before, after)
		var all []scim.AttrPath
		for _, c := range s.entry.Changes {
			if at, err := scim.ParseAttrPath(c.Path); err == nil && !at.Is(journal.Modified) {
				all = append(all, at)
			}
		}
		s.entry.Kept = d.kept(ref.Type, all)
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
	s.entry.Name, s.entry.Before = journal.NameOf(ref.Type, before), secrets.Without(before.String())
	if ref.Type == scim.Group {
		s.entry.Removed = memberIDs(before)
	}
	effect := Effect{Ref: ref, Name: s.entry.Name, Deletes: ref.Type == scim.User, Removed: s.entry.Removed, Size: func() (int, error) { return len(s.entry.Removed), nil }}
	if err := d.allowed(ctx, s, effect); err != nil {
		return err
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	return d.Directory.Delete(ctx, ref)
}
