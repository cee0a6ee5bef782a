package writing

import (
	"context"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// change is a write to an existing resource. Without an edit, the resource is not loaded.
type change struct {
	ref     scim.Ref
	ifMatch string
	want    protocol.Projection
	members directory.MemberChange
	fold    []scim.Op // operations on members that are decided on the members, under the lock
	whole   bool      // the answer is the whole resource, even if it has many members
	edit    directory.Edit
}

// write makes every change in the same steps: lock, check the version, edit, change members,
// answer.
func (s *Service) write(ctx context.Context, c change) (protocol.Answer, error) {
	if err := s.Prove(ctx, c.ref); err != nil {
		return protocol.Answer{}, err
	}
	unlock, err := s.lock(ctx, c.ref.Key())
	if err != nil {
		return protocol.Answer{}, scim.Unavailable("the lock", err)
	}
	ctx, outcome := directory.WithOutcome(ctx)
	defer s.release(unlock, outcome)
	if err := s.precondition(ctx, c.ref, c.ifMatch); err != nil {
		return protocol.Answer{}, err
	}
	if c.members, err = s.decided(ctx, c); err != nil {
		return protocol.Answer{}, err
	}
	var before, after scim.Resource
	if c.edit != nil {
		after, err = s.below.Update(directory.WithMembersToCome(ctx, c.members), c.ref, func(cur scim.Resource) (scim.Resource, error) { before = cur; return c.edit(cur) })
		if err != nil {
			return protocol.Answer{}, err
		}
	}
	var skipped []string
	if !c.members.Empty() {
		if skipped, err = s.join(ctx, c.ref, c.members); err != nil {
			return protocol.Answer{}, s.takeBack(ctx, c.ref, before, after, err)
		}
	}
	a, err := s.answer(ctx, c, after)
	a.Skipped = skipped
	return a, unshown(err)
}

// decided is the change of members, for which the group's members are read if a filter needs them.
func (s *Service) decided(ctx context.Context, c change) (directory.MemberChange, error) {
	if c.fold == nil {
		return c.members, nil
	}
	group, err := s.below.Get(ctx, c.ref, directory.Fields{Only: []string{membersPath.Key()}, Members: true})
	if err != nil {
		return c.members, err
	}
	now := []scim.Resource{}
	for e := range document.Values(group.Raw(membersPath.Name)) {
		m, err := scim.Part(e)
		if err != nil {
			return c.members, scim.Upstream(err)
		}
		now = append(now, m)
	}
	return fold(s.schemas, c.fold, now)
}

// release unlocks, or if a change may still take effect, unlocks when it no longer can. The next
// writer then reads its effect.
func (s *Service) release(unlock func(), o *directory.Outcome) {
	if o.InDoubt() {
		time.AfterFunc(s.options.Doubt, unlock)
		return
	}
	unlock()
}

// takeBack undoes the Update of a group whose ChangeMembers failed.
func (s *Service) takeBack(ctx context.Context, ref scim.Ref, before, after scim.Resource, cause error) error {
	if before.IsZero() {
		return cause
	}
	return directory.PutBack(ctx, s.below, ref, before, after, cause)
}
