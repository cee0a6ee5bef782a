package tenant

import (
	"context"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/permissions"
)

// Account returns the account that the tenant shall have.
func (t *Tenant) Account() onboarding.Account { return t.Spec.account() }

// Policy returns the name of the policy that names the account.
func (t *Tenant) Policy() string { return t.policyName() }

// Objects are the ids of what a tenant has, "" for what does not exist.
type Objects struct {
	Group, Organization string
	// Free is a group of the pool that no group of the tenant has taken.
	Free string
}

// Objects reads the ids of what the tenant has.
func (t *Tenant) Objects(ctx context.Context) (o Objects, err error) {
	if o.Group, err = t.findGroup(ctx); err != nil {
		return o, err
	}
	if t.Organization != "" {
		if o.Organization, err = t.OrganizationID(ctx); err != nil {
			return o, err
		}
	}
	all, err := t.children(ctx)
	for _, c := range all {
		if c.free() {
			o.Free = c.ID
			break
		}
	}
	return o, err
}

// Recipe returns the permissions that the tenant shall have, with the objects that it has now.
func (t *Tenant) Recipe(ctx context.Context, set *permissions.Set) (all []permissions.Permission, err error) {
	for _, p := range t.parts() {
		have, _ := set.Permission(p.name)
		want := permissions.Permission{Name: p.name, ResourceType: p.kind, Scopes: p.scopes}
		if want.Resources, err = p.resources(ctx, have); err != nil {
			return nil, err
		}
		all = append(all, want)
	}
	return all, nil
}
