package democmd

import (
	"context"
	"fmt"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/tenant"
)

// demoPool is how many groups a group tenant of the demo may have.
const demoPool = 20

// onboardSaaS creates a realm with two group tenants. On a Keycloak that the demo did not start, it
// leaves a realm alone that the demo did not create.
func (d *demo) onboardSaaS(ctx context.Context, admin *onboarding.Admin) error {
	if d.saas == "" {
		return nil
	}
	if err := admin.Renew(ctx); err != nil {
		return err
	}
	r, exists, err := admin.Realm(ctx, d.saas)
	switch {
	case err != nil:
		return err
	case !exists:
		if err := d.makeRealm(ctx, admin, d.saas); err != nil {
			return err
		}
	case r.Attributes[demoMark] == "":
		fmt.Fprintf(d.out, "warning: realm %s exists and was not created by the demo, so there are no group tenants: name another realm with --saas-realm\n", d.saas)
		return nil
	}
	for _, t := range []struct {
		spec tenant.Spec
		idp  string
	}{
		{tenant.Spec{Group: "acme", Organization: "acme", ClientID: "scim-acme", Map: []string{"title", "externalId"}}, "entra"},
		{tenant.Spec{Group: "globex", ClientID: "scim-globex"}, "okta"},
	} {
		t.spec.Realm, t.spec.Pool = d.saas, demoPool
		fmt.Fprintf(d.out, "setting up realm %s, tenant %s\n", d.saas, t.spec.Group)
		if err := d.onboardGroup(ctx, admin, t.spec, t.idp); err != nil {
			return fmt.Errorf("tenant %s: %w", t.spec.Group, err)
		}
	}
	return nil
}

func (d *demo) onboardGroup(ctx context.Context, admin *onboarding.Admin, s tenant.Spec, idp string) error {
	in := tenant.New(admin, s)
	warnings, err := in.Check(ctx)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintln(d.out, "warning:", w)
	}
	made, err := in.Apply(ctx, func(tenant.Change) {})
	if err != nil {
		return err
	}
	t := config.DefaultTenant()
	t.Tenant, t.Realm, t.Group, t.IDP, t.ServiceAccount.ClientID, t.MembersShown = s.Group, s.Realm, s.Group, idp, s.ClientID, 0
	if s.Organization != "" {
		if t.Organization, err = in.OrganizationID(ctx); err != nil {
			return err
		}
	}
	return d.add(t, made.Secret)
}

// removeSaaS deletes the realm of the group tenants if the demo created it.
func (d *demo) removeSaaS(ctx context.Context, admin *onboarding.Admin) error {
	if d.saas == "" {
		return nil
	}
	r, exists, err := admin.Realm(ctx, d.saas)
	if err != nil || !exists || r.Attributes[demoMark] == "" {
		return err
	}
	if err := admin.DeleteRealm(ctx, d.saas); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "removed realm %s with everything in it\n", d.saas)
	return nil
}
