package trial

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// within is a layer that checks the members of groups, which only a layer knows: a PATCH can name
// them in many ways.
type within struct{ directory.Directory }

// Within returns the layer on top of below. A call of a context without a trial is passed on.
func Within(below directory.Directory) directory.Directory { return within{below} }

var _ directory.Directory = within{}

// allowed checks the members that a write adds.
func allowed(ctx context.Context, change directory.MemberChange) error {
	if m, ok := ctx.Value(markKey{}).(mark); ok {
		return m.members(ctx, change)
	}
	return nil
}

// Create creates a resource if its members are allowed.
func (w within) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	if err := allowed(ctx, directory.MembersToCome(ctx)); err != nil {
		return scim.Resource{}, err
	}
	return w.Directory.Create(ctx, t, r)
}

// Update changes a resource if its members to come are allowed.
func (w within) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	if err := allowed(ctx, directory.MembersToCome(ctx)); err != nil {
		return scim.Resource{}, err
	}
	return w.Directory.Update(ctx, ref, edit)
}

// ChangeMembers changes members if they are allowed.
func (w within) ChangeMembers(ctx context.Context, group scim.Ref, change directory.MemberChange) error {
	if err := allowed(ctx, change); err != nil {
		return err
	}
	return w.Directory.ChangeMembers(ctx, group, change)
}
