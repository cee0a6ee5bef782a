package tenant

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// The parts of a tenant that have a permission, and end its name.
const (
	groupPermission        = "group"
	poolPermission         = "pool"
	organizationPermission = "organization"
)

// Scopes of the permissions of a tenant. No scope of the type Users may be among them: it would
// reach all users of the realm. The pool has no view-members, with which each list of users would
// be slower by the number of groups.
var (
	groupScopes        = []string{"manage-members", "manage-membership", "manage-membership-of-members", "view", "view-members"}
	poolScopes         = []string{"manage", "manage-membership", "view"}
	organizationScopes = []string{"manage", "view"}
)

// wanted is a permission as the tenant needs it.
type wanted struct {
	part, kind string
	scopes     []string
	resources  func(context.Context, permission) ([]string, error)
}

func (t *Tenant) groupPermission() step {
	return t.permission(wanted{groupPermission, "Groups", groupScopes, func(ctx context.Context, _ permission) ([]string, error) {
		return one(t.findGroup(ctx))
	}})
}

func (t *Tenant) organizationPermission() step {
	return t.permission(wanted{organizationPermission, "Organizations", organizationScopes, func(ctx context.Context, _ permission) ([]string, error) {
		return one(t.findOrganization(ctx))
	}})
}

func one(id string, err error) ([]string, error) { return []string{id}, err }

// poolPermission is on all free groups, and on those that were free once: on every child that the
// permission has already.
func (t *Tenant) poolPermission() step {
	return t.permission(wanted{poolPermission, "Groups", poolScopes, func(ctx context.Context, have permission) (ids []string, err error) {
		all, err := t.children(ctx)
		for _, c := range all {
			if c.free() || have.on(c.ID) {
				ids = append(ids, c.ID)
			}
		}
		return ids, err
	}})
}

func (t *Tenant) permission(w wanted) step {
	name := t.permissionName(w.part)
	return step{
		look: func(ctx context.Context) (*Change, error) {
			all, err := t.readPermissions(ctx)
			if err != nil {
				return nil, err
			}
			have, has := all.permission(name)
			resources, err := w.resources(ctx, have)
			if err != nil {
				return nil, err
			}
			if len(resources) == 0 { // there is no group yet
				resources = make([]string, t.Pool)
			}
			c := &Change{What: "permission " + name, To: described(w.scopes, len(resources))}
			switch same, err := t.isAs(ctx, all, have, w, resources); {
			case err != nil:
				return nil, err
			case same, len(resources) == 0:
				return nil, nil
			case has:
				c.From = described(names(have.Scopes), len(have.Resources))
			}
			return c, nil
		},
		do: func(ctx context.Context) error {
			all, err := t.readPermissions(ctx)
			if err != nil {
				return err
			}
			p, has := all.policy(t.policyName())
			if !has {
				return fmt.Errorf("the policy %s: %w", t.policyName(), errGone)
			}
			have, has := all.permission(name)
			resources, err := w.resources(ctx, have)
			if err != nil {
				return err
			}
			body := map[string]any{
				"name": name, "type": "scope", "resourceType": w.kind, "scopes": w.scopes, "resources": resources,
				"policies": []string{p.ID}, "decisionStrategy": "UNANIMOUS", "logic": "POSITIVE",
			}
			if !has {
				return t.send(ctx, http.MethodPost, body, nil, nil, all.path("permission", "scope")...)
			}
			body["id"] = have.ID
			return t.send(ctx, http.MethodPut, body, nil, nil, all.path("permission", "scope", have.ID)...)
		},
	}
}

// isAs reports whether a permission is as it is wanted.
func (t *Tenant) isAs(ctx context.Context, all permissions, have permission, w wanted, resources []string) (bool, error) {
	slices.Sort(resources)
	if have.ID == "" || have.ResourceType != w.kind || have.DecisionStrategy != "UNANIMOUS" ||
		!slices.Equal(names(have.Scopes), w.scopes) || !slices.Equal(names(have.Resources), resources) {
		return false, nil
	}
	var of []policy
	if err := t.get(ctx, &of, nil, all.path("permission", have.ID, "associatedPolicies")...); err != nil {
		return false, fmt.Errorf("policies of the permission %s: %w", have.Name, err)
	}
	return len(of) == 1 && of[0].Name == t.policyName(), nil
}

func described(scopes []string, objects int) string {
	if objects == 1 {
		return strings.Join(scopes, ", ")
	}
	return fmt.Sprintf("%s on %d groups", strings.Join(scopes, ", "), objects)
}
