package journaling

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

const (
	// fewMembers are so few that each is asked for its groups. A group may have very many members,
	// and to find them costs the account of a group tenant more than a tenth of a second.
	fewMembers = 10
	atOnce     = 8
)

var (
	groupsPath  = scim.AttrPath{Name: "groups"}
	membersPath = scim.AttrPath{Name: "members"}
)

// ChangeMembers changes the members of a group. The entry has those that really are added and
// removed: whoever is a member before is not removed when the call is undone.
func (d *Directory) ChangeMembers(ctx context.Context, group scim.Ref, m directory.MemberChange) error {
	s := sheetOf(ctx)
	if s == nil {
		return d.Directory.ChangeMembers(ctx, group, m)
	}
	if s.made != group.ID {
		ctx = directory.WithMemberTime(ctx, directory.MemberTime{Changes: func() bool { return s.members }, Changed: s.modified})
	}
	switch {
	case s.members: // once more, without members that do not exist
		s.entry.Added = both(s.entry.Added, m.Add)
		return d.Directory.ChangeMembers(ctx, group, m)
	case s.made == group.ID:
		if err := d.intend(ctx, s, group, directory.MemberChange{Add: m.Add}); err != nil {
			return err
		}
		return d.Directory.ChangeMembers(ctx, group, m)
	}
	if !m.Replace && len(m.Add)+len(m.Remove) <= fewMembers {
		some, err := d.few(ctx, group, m)
		if err != nil {
			return err
		}
		if err := d.intend(ctx, s, group, some); err != nil {
			return err
		}
		return d.Directory.ChangeMembers(ctx, group, m)
	}
	seen := false
	ctx = directory.SeeMembers(ctx, func(before []string) error {
		if seen {
			return nil
		}
		seen = true
		return d.intend(ctx, s, group, m.On(before))
	})
	if err := d.Directory.ChangeMembers(ctx, group, m); err != nil {
		return err
	}
	if !seen {
		return errors.New("the directory changed members without reading them")
	}
	return nil
}

// intend saves the entry with the members that are added and removed, if there are any.
func (d *Directory) intend(ctx context.Context, s *sheet, group scim.Ref, m directory.MemberChange) error {
	s.entry.MembersToCome = false
	if m.Empty() {
		return nil
	}
	if err := d.allowed(ctx, s, d.losing(ctx, s, group, m.Remove)); err != nil {
		return err
	}
	s.members, s.entry.Added, s.entry.Removed = true, m.Add, m.Remove
	return s.begin(ctx)
}

// losing is the effect that members leave a group.
func (d *Directory) losing(ctx context.Context, s *sheet, group scim.Ref, ids []string) Effect {
	size := func() (int, error) {
		in := scim.Equal(groupsPath.With("value"), group.ID)
		p, err := d.Directory.List(ctx, directory.Query{Type: scim.User, Filter: in, Start: 1})
		return p.Total, err
	}
	return Effect{Ref: group, Name: s.entry.Name, Removed: ids, Size: size}
}

// mayLose asks the policy about the members that a group loses after its update: of a write that is
// held, nothing is done.
func (d *Directory) mayLose(ctx context.Context, s *sheet, group scim.Ref) error {
	m := directory.MembersToCome(ctx)
	if d.allow == nil || s.operator || !m.Replace && len(m.Remove) == 0 {
		return nil
	}
	if !m.Replace && len(m.Add)+len(m.Remove) <= fewMembers {
		some, err := d.few(ctx, group, m)
		if err != nil {
			return err
		}
		return d.allowed(ctx, s, d.losing(ctx, s, group, some.Remove))
	}
	now, err := d.Directory.Get(ctx, group, directory.Fields{Only: []string{membersPath.Key()}, Members: true})
	if err != nil {
		return err
	}
	return d.allowed(ctx, s, d.losing(ctx, s, group, m.On(directory.References(now.Raw(membersPath.Name))).Remove))
}

// few is what a change of few members does to a group.
func (d *Directory) few(ctx context.Context, group scim.Ref, m directory.MemberChange) (directory.MemberChange, error) {
	ids := slices.Concat(m.Add, m.Remove)
	in, known := make([]bool, len(ids)), make([]bool, len(ids))
	var work errgroup.Group
	work.SetLimit(atOnce)
	for i, id := range ids {
		work.Go(func() error {
			user, err := d.Directory.Get(ctx, scim.Ref{Type: scim.User, ID: id}, directory.Fields{Only: []string{groupsPath.Key()}})
			if scim.Status(err) == http.StatusNotFound { // ChangeMembers decides about users who do not exist
				return nil
			}
			if err != nil {
				return err
			}
			known[i] = true
			in[i] = slices.Contains(directory.References(user.Raw(groupsPath.Name)), group.ID)
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return directory.MemberChange{}, err
	}
	var before, exist []string
	for i, id := range ids {
		if in[i] {
			before = append(before, id)
		}
		if known[i] {
			exist = append(exist, id)
		}
	}
	effect := m.On(before)
	effect.Add = both(effect.Add, exist)
	return effect, nil
}

// both are the ids that are in both lists, in the order of the first.
func both(a, b []string) (out []string) {
	in := make(map[string]bool, len(b))
	for _, id := range b {
		in[id] = true
	}
	for _, id := range a {
		if in[id] {
			out = append(out, id)
		}
	}
	return out
}
