package directory

import (
	"context"

	"keycloak-scim-proxy/proxy/scim"
)

// Directory is what a layer stands on and what it offers. It has no optional methods: a type
// assertion does not see through an embedding layer.
type Directory interface {
	// Capabilities says what is answered rightly from here down.
	Capabilities() Capabilities
	// Create returns what the directory shows afterwards. Members are not part of it: they go
	// through ChangeMembers.
	Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error)
	// Get returns at least the fields that are asked for.
	Get(ctx context.Context, r scim.Ref, n Fields) (scim.Resource, error)
	// List returns one page.
	List(ctx context.Context, q Query) (Page, error)
	// Update calls edit with the current resource as seen from this level, without members, and
	// stores the result. It returns what is shown afterwards.
	Update(ctx context.Context, r scim.Ref, edit Edit) (scim.Resource, error)
	// ChangeMembers changes a group's membership.
	ChangeMembers(ctx context.Context, group scim.Ref, m MemberChange) error
	// Delete removes the resource for good. A resource that does not exist is 404.
	Delete(ctx context.Context, r scim.Ref) error
}

// Edit computes the wanted resource from the current one. It is pure, may run more than once, and
// returns its argument for "no change".
type Edit func(current scim.Resource) (wanted scim.Resource, err error)

// MemberChange is the net effect of a request on a group's members. With Replace, exactly Add
// remain.
type MemberChange struct {
	Replace     bool
	Add, Remove []string // ids of users
}

// Empty reports whether there is nothing to do.
func (m MemberChange) Empty() bool { return !m.Replace && len(m.Add) == 0 && len(m.Remove) == 0 }
