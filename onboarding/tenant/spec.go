package tenant

import (
	"context"
	"fmt"
	"strings"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/adminroles"
	"keycloak-scim-proxy/onboarding/releases"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
)

// Spec is what a tenant shall have in Keycloak.
type Spec struct {
	// Realm is the realm of the tenant.
	Realm string
	// Group is the name of the tenant's group, at the top level of the realm. Empty: the whole
	// realm.
	Group string
	// Organization is the alias or the id of an organization that the tenant's users are members
	// of. One with this alias is created. Empty: none.
	Organization string
	// ClientID is the client of the tenant's account.
	ClientID string
	// Key is the key that the client signs with. nil: it has a secret.
	Key *clientkey.Key
	// Pool is how many free groups the tenant shall have.
	Pool int
	// Map are attributes of SCIM that the realm's user profile shall have too, by their names or
	// with the URN of their schema.
	Map []string
	// SSO is the alias of an identity provider of the realm that the tenant's users log in with.
	// Empty: none.
	SSO string
}

func (s Spec) account() onboarding.Account {
	kind := onboarding.OneGroup
	if s.Group == "" {
		kind = onboarding.WholeRealm
	}
	return onboarding.Account{Realm: s.Realm, ClientID: s.ClientID, Kind: kind, Key: s.Key}
}

// Names of what a tenant has among the permissions of the realm.
func (s Spec) policyName() string { return s.ClientID }

func (s Spec) permissionName(of string) string { return s.ClientID + " " + of }

// MaxPool bounds the pool of a tenant: a list of groups reads all of them at once.
const MaxPool = 1000

// Check returns warnings about the realm, and an error if the tenant cannot be served there. It
// changes nothing.
func (t *Tenant) Check(ctx context.Context) (warnings []string, err error) {
	r, exists, err := t.admin.Realm(ctx, t.Realm)
	switch {
	case err != nil:
		return nil, err
	case !exists:
		return nil, fmt.Errorf("realm %q does not exist", t.Realm)
	}
	if t.SSO != "" {
		if err := t.get(ctx, nil, nil, "identity-provider", "instances", t.SSO); err != nil {
			return nil, fmt.Errorf("identity provider %q of realm %q: %w", t.SSO, t.Realm, err)
		}
	}
	if t.Group == "" {
		return adminroles.Risks(ctx, t.admin, t.Realm)
	}
	if t.Pool < 0 || t.Pool > MaxPool {
		return nil, fmt.Errorf("a pool has 0 to %d free groups", MaxPool)
	}
	if r.EmailAsUsername {
		return nil, fmt.Errorf(`realm %q uses the e-mail address as userName ("Email as username"), which the account of one group cannot see: switch it off, or use a realm of its own for the tenant`, t.Realm)
	}
	if warnings, err = t.checkRelease(ctx); err != nil {
		return nil, err
	}
	if err := t.checkAdminGroups(ctx); err != nil {
		return nil, err
	}
	return warnings, t.checkOthers(ctx)
}

func (t *Tenant) checkRelease(ctx context.Context) (warnings []string, err error) {
	release, err := t.admin.Release(ctx)
	if err != nil {
		return nil, fmt.Errorf("release of Keycloak: %w", err)
	}
	advisories, known := releases.Of(release, releases.OneGroup)
	if !known {
		return []string{"the release of Keycloak is not known (" + release + "): tenants of one group need " + releases.ForOneGroup + " or later"}, nil
	}
	var wrong []string
	for _, a := range advisories {
		if a.Severe {
			wrong = append(wrong, strings.TrimSpace(a.ID+" "+a.Text))
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("Keycloak %s cannot confine an account to one group, so tenants of one group need %s or later: %s", release, releases.ForOneGroup, strings.Join(wrong, "; "))
	}
	return nil, nil
}

// checkAdminGroups refuses a realm with groups whose members are administrators.
func (t *Tenant) checkAdminGroups(ctx context.Context) error {
	roles, err := adminroles.Read(ctx, t.admin, t.Realm)
	if err != nil {
		return err
	}
	for _, r := range roles {
		if len(r.Groups) > 0 {
			return fmt.Errorf("members of the groups %s of realm %q have the administrator's role %s: take it from the groups, because nothing but Keycloak's permissions keeps a tenant's account from adding its users to them", strings.Join(r.Groups, ", "), t.Realm, r.Name)
		}
	}
	return nil
}

// checkOthers refuses what locks the account out: Keycloak requires all permissions on an object to
// agree. That is a second permission on the tenant's group, and one on all users of the realm, such
// as that of a help desk (measured).
func (t *Tenant) checkOthers(ctx context.Context) error {
	group, err := t.findGroup(ctx)
	if err != nil {
		return err
	}
	set, err := t.permissions(ctx)
	if err != nil {
		return err
	}
	for _, p := range set.Permissions {
		switch {
		case group != "" && p.On(group) && p.Name != t.permissionName(groupPart):
			return fmt.Errorf("the group /%s of realm %q already has the permission %q: use another group, or delete the permission", t.Group, t.Realm, p.Name)
		case p.ResourceType == allUsers && p.On(allUsers):
			return fmt.Errorf("the permission %q of realm %q is on all users, so that Keycloak keeps the accounts of group tenants from their own users: delete it, or use a realm of its own for the tenant", p.Name, t.Realm)
		}
	}
	return nil
}

// allUsers is the type of users in permissions, and the object of a permission on all of them.
const allUsers = "Users"
