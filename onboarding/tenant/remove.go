package tenant

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/adminroles"
)

// Removal is what Remove deletes besides the account, its policy and its permissions.
type Removal struct {
	// Users deletes the members of the tenant's group, and Groups the group with all below it.
	// Groups without Users leaves the users in the realm.
	Users, Groups bool
	// Organization deletes the tenant's organization.
	Organization bool
}

// Remove deletes the tenant's account with its policy and permissions, and what else is asked for.
// It reports each change when it is made; doing nothing is not an error. An interrupted call can be
// repeated. It does not change the realm's settings, which others may need.
func (t *Tenant) Remove(ctx context.Context, what Removal, made func(Change)) error {
	for _, remove := range []func(context.Context, Removal, func(Change)) error{
		t.removePermissions, t.removeAccount, t.removeUsers, t.removeGroups, t.removeOrganization,
	} {
		if err := t.admin.Renew(ctx); err != nil {
			return err
		}
		if err := remove(ctx, what, made); err != nil {
			return err
		}
	}
	return nil
}

// removePermissions deletes every permission that needs the tenant's policy, and then the policy.
func (t *Tenant) removePermissions(ctx context.Context, _ Removal, made func(Change)) error {
	set, err := t.permissions(ctx)
	if err != nil {
		return err
	}
	p, has := set.Policy(t.policyName())
	if !has || p.Type != "user" {
		return nil
	}
	of, err := set.PermissionsOf(ctx, p)
	if err != nil {
		return err
	}
	for _, one := range of {
		if err := set.Delete(ctx, one); err != nil {
			return fmt.Errorf("delete the permission %s: %w", one.Name, err)
		}
		made(Change{What: "permission", From: one.Name})
	}
	if err := set.DeletePolicy(ctx, p); err != nil {
		return fmt.Errorf("delete the policy %s: %w", p.Name, err)
	}
	made(Change{What: "policy", From: p.Name})
	return nil
}

func (t *Tenant) removeAccount(ctx context.Context, _ Removal, made func(Change)) error {
	had, err := t.admin.RemoveAccount(ctx, t.Spec.account())
	if had && err == nil {
		made(Change{What: "client", From: t.ClientID})
	}
	return err
}

// member of a group.
type member struct{ ID, Username string }

// members returns the users of the tenant.
func (t *Tenant) members(ctx context.Context) (group string, all []member, err error) {
	if group, err = t.findGroup(ctx); err != nil || group == "" {
		return group, nil, err
	}
	all, err = onboarding.Pages[member](ctx, t.admin, t.Realm, url.Values{"briefRepresentation": {"true"}}, "groups", group, "members")
	return group, all, err
}

// removeUsers deletes the tenant's users, without those that are administrators.
func (t *Tenant) removeUsers(ctx context.Context, what Removal, made func(Change)) error {
	if !what.Users || t.Group == "" {
		return nil
	}
	_, all, err := t.members(ctx)
	if err != nil {
		return err
	}
	admins, err := t.administrators(ctx)
	if err != nil {
		return err
	}
	deleted := 0
	for _, u := range all {
		if slices.Contains(admins, u.Username) {
			return fmt.Errorf("the user %s is an administrator and was not deleted: take it out of the group /%s, then repeat this", u.Username, t.Group)
		}
		if err := t.admin.Renew(ctx); err != nil {
			return err
		}
		if err := t.send(ctx, http.MethodDelete, nil, "users", u.ID); absent(err) != nil {
			return fmt.Errorf("delete the user %s: %w", u.Username, err)
		}
		deleted++
	}
	if deleted > 0 {
		made(Change{What: "users", From: fmt.Sprintf("%d members of /%s", deleted, t.Group)})
	}
	return nil
}

// administrators returns the names of users that have an administrator's role directly.
func (t *Tenant) administrators(ctx context.Context) (all []string, err error) {
	roles, err := adminroles.Read(ctx, t.admin, t.Realm)
	for _, r := range roles {
		all = append(all, r.Users...)
	}
	return all, err
}

func (t *Tenant) removeGroups(ctx context.Context, what Removal, made func(Change)) error {
	if !what.Groups || t.Group == "" {
		return nil
	}
	group, err := t.findGroup(ctx)
	if err != nil || group == "" {
		return err
	}
	if err := t.send(ctx, http.MethodDelete, nil, "groups", group); absent(err) != nil {
		return fmt.Errorf("delete the group /%s: %w", t.Group, err)
	}
	made(Change{What: "group", From: "/" + t.Group + " with all groups below it"})
	return nil
}

func (t *Tenant) removeOrganization(ctx context.Context, what Removal, made func(Change)) error {
	if !what.Organization || t.Organization == "" {
		return nil
	}
	id, err := t.OrganizationID(ctx)
	if err != nil || id == "" {
		return err
	}
	if err := t.send(ctx, http.MethodDelete, nil, "organizations", id); absent(err) != nil {
		return fmt.Errorf("delete the organization %s: %w", t.Organization, err)
	}
	made(Change{What: "organization", From: t.Organization})
	return nil
}
