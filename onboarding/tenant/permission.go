package tenant

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"keycloak-scim-proxy/onboarding/permissions"
)

// The parts of a tenant that have a permission, and end its name.
const (
	groupPart        = "group"
	poolPart         = "pool"
	organizationPart = "organization"
)

// Scopes of the permissions of a tenant. No scope of the type Users may be among them: it would
// reach all users of the realm. The pool has no view-members, with which each list of users would
// be slower by the number of groups.
var (
	groupScopes        = []string{"manage-members", "manage-membership", "manage-membership-of-members", "view", "view-members"}
	poolScopes         = []string{"manage", "manage-membership", "view"}
	organizationScopes = []string{"manage", "view"}
)

func (t *Tenant) permissions(ctx context.Context) (*permissions.Set, error) {
	return permissions.Read(ctx, t.admin, t.Realm)
}

// part is a permission of the tenant.
type part struct {
	name, kind string
	scopes     []string
	// resources returns the ids of the objects. have is the permission as it is.
	resources func(ctx context.Context, have permissions.Permission) ([]string, error)
}

func (t *Tenant) parts() []part {
	all := []part{
		{t.permissionName(groupPart), "Groups", groupScopes, func(ctx context.Context, _ permissions.Permission) ([]string, error) {
			return one(t.findGroup(ctx))
		}},
		{t.permissionName(poolPart), "Groups", poolScopes, t.poolIDs},
	}
	if t.Organization != "" {
		all = append(all, part{t.permissionName(organizationPart), "Organizations", organizationScopes, func(ctx context.Context, _ permissions.Permission) ([]string, error) {
			return one(t.OrganizationID(ctx))
		}})
	}
	return all
}

func one(id string, err error) ([]string, error) { return []string{id}, err }

// poolIDs are all free groups, and those that were free once: every child that the permission has
// already. While there is no group yet, there are as many empty ids as there will be free groups.
func (t *Tenant) poolIDs(ctx context.Context, have permissions.Permission) (ids []string, err error) {
	all, err := t.children(ctx)
	for _, c := range all {
		if c.free() || have.On(c.ID) {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	if ids == nil {
		ids = make([]string, t.Pool)
	}
	return ids, err
}

func (t *Tenant) permission(p part) step {
	// read returns the permissions of the realm, and this one as it shall be.
	read := func(ctx context.Context) (*permissions.Set, permissions.Permission, error) {
		want := permissions.Permission{Name: p.name, ResourceType: p.kind, Scopes: p.scopes}
		set, err := t.permissions(ctx)
		if err == nil {
			have, _ := set.Permission(p.name)
			want.Resources, err = p.resources(ctx, have)
		}
		return set, want, err
	}
	return step{
		look: func(ctx context.Context) (*Change, error) {
			set, want, err := read(ctx)
			if err != nil || len(want.Resources) == 0 {
				return nil, err
			}
			same, err := set.Same(ctx, want, t.policyName())
			if err != nil || same {
				return nil, err
			}
			c := &Change{What: "permission " + p.name, To: described(want)}
			if have, has := set.Permission(p.name); has {
				c.From = described(have)
			}
			return c, nil
		},
		do: func(ctx context.Context) error {
			set, want, err := read(ctx)
			if err != nil {
				return err
			}
			policy, has := set.Policy(t.policyName())
			if !has {
				return fmt.Errorf("the policy %s is gone", t.policyName())
			}
			return set.Put(ctx, want, policy)
		},
	}
}

func described(p permissions.Permission) string {
	text := strings.Join(p.Scopes, ", ")
	if len(p.Resources) != 1 {
		text += fmt.Sprintf(" on %d groups", len(p.Resources))
	}
	return text
}
