package directory

import (
	"context"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Directory is the interface of a layer, above and below. It has no optional methods, because a
// type assertion does not see through an embedded Directory.
type Directory interface {
	// Capabilities describe what this layer and the layers below it support.
	Capabilities() Capabilities
	// Create returns the resource as the directory shows it afterwards. Members are not part of it:
	// ChangeMembers adds them.
	Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error)
	// Get returns at least the requested fields. A resource that does not exist is a 404 error.
	Get(ctx context.Context, r scim.Ref, n Fields) (scim.Resource, error)
	// List returns one page.
	List(ctx context.Context, q Query) (Page, error)
	// Update calls edit with the current resource as this layer shows it, without members, and
	// stores the result. It returns the resource as it is shown afterwards.
	Update(ctx context.Context, r scim.Ref, edit Edit) (scim.Resource, error)
	// ChangeMembers changes the members of a group.
	ChangeMembers(ctx context.Context, group scim.Ref, m MemberChange) error
	// Delete removes the resource permanently. A resource that does not exist is a 404 error.
	Delete(ctx context.Context, r scim.Ref) error
}

// Edit computes the wanted resource from the current one. It changes nothing in the directory, may
// run more than once, and returns its argument for "no change".
type Edit func(current scim.Resource) (wanted scim.Resource, err error)

// MemberChange is the net effect of a request on a group's members. With Replace, the group has
// exactly the members in Add afterwards.
type MemberChange struct {
	Replace     bool
	Add, Remove []string // ids of users
}

// Empty reports whether the change does nothing.
func (m MemberChange) Empty() bool { return !m.Replace && len(m.Add) == 0 && len(m.Remove) == 0 }

// On is what the change does to a group that has the members before.
func (m MemberChange) On(before []string) (effect MemberChange) {
	have, keep := set(before), map[string]bool{}
	for _, id := range m.Add {
		if !have[id] {
			effect.Add = append(effect.Add, id)
		}
	}
	leave := m.Remove
	if m.Replace {
		keep, leave = set(m.Add), before
	}
	for _, id := range leave {
		if have[id] && !keep[id] {
			effect.Remove = append(effect.Remove, id)
		}
	}
	return effect
}

func set(ids []string) map[string]bool {
	s := make(map[string]bool, len(ids))
	for _, id := range ids {
		s[id] = true
	}
	return s
}

// References are the ids that a list of references has: the members of a group, the groups of a
// user. It leaves out each element that is not an object.
func References(raw string) (ids []string) {
	for e := range document.Values(raw) {
		if r, err := scim.Part(e); err == nil {
			ids = append(ids, document.Text(r.Raw("value")))
		}
	}
	return ids
}

type toComeKey struct{}

// WithMembersToCome returns a context for the Create or Update of a group whose members the same
// write changes after it, so that a layer knows the whole write before anything is done.
func WithMembersToCome(ctx context.Context, m MemberChange) context.Context {
	return context.WithValue(ctx, toComeKey{}, m)
}

// MembersToCome returns the change of members that follows a Create or an Update.
func MembersToCome(ctx context.Context) MemberChange {
	m, _ := ctx.Value(toComeKey{}).(MemberChange)
	return m
}

type membersKey struct{}

// SeeMembers returns a context in which a ChangeMembers that replaces members, or changes more than
// ten, calls see with the ids of the group's members before it changes any. If see returns an
// error, nothing is changed and the error is returned.
func SeeMembers(ctx context.Context, see func(before []string) error) context.Context {
	return context.WithValue(ctx, membersKey{}, see)
}

// SeenMembers gives the ids of a group's members to the function of SeeMembers. wanted is false if
// there is none, so that they need not be read.
func SeenMembers(ctx context.Context) (see func(before []string) error, wanted bool) {
	see, wanted = ctx.Value(membersKey{}).(func(before []string) error)
	return see, wanted
}
