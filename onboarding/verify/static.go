package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/adminroles"
	"keycloak-scim-proxy/onboarding/permissions"
)

// role that the account has.
type role struct {
	ID, Name  string
	Composite bool
}

func red(format string, args ...any) Finding {
	return Finding{Level: Red, What: fmt.Sprintf(format, args...)}
}

// account compares the client and its service account with the recipe.
func (p *Proof) account(ctx context.Context) error {
	var f []Finding
	state, err := p.admin.CheckAccount(ctx, p.t.Account())
	switch {
	case ctx.Err() != nil || onboarding.Status(err) != 0:
		return err
	case err != nil:
		f = append(f, red("%v", err))
	case !state.Complete:
		f = append(f, Finding{Red, "the client " + p.spec.ClientID + " is not complete, or has the audience of another issuer", "set the tenant up again"})
	}
	p.report.step("account", "the client has the roles of its kind, in its scope too, and nothing else", f...)
	return nil
}

// effective reads the roles that the account has by composite roles.
func (p *Proof) effective(ctx context.Context) error {
	var direct struct {
		RealmMappings  []role
		ClientMappings map[string]struct{ Mappings []role }
	}
	if err := p.get(ctx, &direct, nil, "users", p.found.user, "role-mappings"); err != nil {
		return err
	}
	all := direct.RealmMappings
	for _, c := range direct.ClientMappings {
		all = append(all, c.Mappings...)
	}
	var f []Finding
	for i := 0; i < len(all); i++ { // all grows by the parts of composite roles, once each
		if !all[i].Composite {
			continue
		}
		var parts []role
		if err := p.get(ctx, &parts, nil, "roles-by-id", all[i].ID, "composites"); err != nil {
			return err
		}
		for _, part := range parts {
			f = append(f, Finding{Red, fmt.Sprintf("the role %s of the account includes the role %s", all[i].Name, part.Name), "take it out of " + all[i].Name})
			if !slices.ContainsFunc(all, func(r role) bool { return r.ID == part.ID }) {
				all = append(all, part)
			}
		}
	}
	p.found.roles = all
	p.report.step("roles", "none of its roles includes another one", f...)
	return nil
}

// risks are those of a realm for a tenant that has the whole of it.
func (p *Proof) risks(ctx context.Context) error {
	all, err := adminroles.Risks(ctx, p.admin, p.spec.Realm)
	var f []Finding
	for _, text := range all {
		f = append(f, Finding{Level: Warning, What: text})
	}
	p.report.step("administrators", "groups and users of the realm with an administrator's role, which the account could use", f...)
	return err
}

// realm checks the release, and that no group makes its members administrators.
func (p *Proof) realm(ctx context.Context) error {
	var f []Finding
	warnings, err := p.t.Check(ctx)
	switch {
	case ctx.Err() != nil || onboarding.Status(err) != 0:
		return err
	case err != nil:
		f = append(f, red("%v", err))
	}
	for _, w := range warnings {
		f = append(f, Finding{Level: Warning, What: w})
	}
	if !p.found.realm.FineGrained {
		f = append(f, Finding{Red, "fine-grained admin permissions of the realm are off", "set the tenant up again"})
	}
	p.report.step("realm", "the release confines accounts, and members of no group are administrators", f...)
	return nil
}

// permissions compares the permissions that reach the account with the recipe.
func (p *Proof) permissions(ctx context.Context) (err error) {
	if p.found.set, err = permissions.Read(ctx, p.admin, p.spec.Realm); err != nil {
		return err
	}
	own, f, err := p.own(ctx)
	if err != nil {
		return err
	}
	p.report.step("permissions", "the account has the permissions of its tenant and no other", f...)
	f = nil
	for _, policy := range p.found.set.Policies {
		if policy.ID == own.ID {
			continue
		}
		more, err := p.other(ctx, policy)
		if err != nil {
			return err
		}
		f = append(f, more...)
	}
	p.report.step("policies", "no other policy includes the account", f...)
	return nil
}

// own checks the tenant's policy, and every permission that needs it.
func (p *Proof) own(ctx context.Context) (own permissions.Policy, f []Finding, err error) {
	set := p.found.set
	own, has := set.Policy(p.t.Policy())
	if !has || own.Type != "user" || own.Logic != "POSITIVE" || !slices.Equal(own.Users(), []string{p.found.user}) {
		f = append(f, Finding{Red, "the policy " + p.t.Policy() + " does not name the account, and only the account", "set the tenant up again"})
	}
	recipe, err := p.t.Recipe(ctx, set)
	if err != nil {
		return own, nil, err
	}
	for _, want := range recipe {
		same, err := set.Same(ctx, want, p.t.Policy())
		if err != nil {
			return own, nil, err
		}
		if same {
			continue
		}
		what := "the permission " + want.Name + " does not exist"
		if have, has := set.Permission(want.Name); has {
			what = fmt.Sprintf("the permission %s should be %s, for the policy %s alone, and is %s", want.Name, described(want), p.t.Policy(), described(have))
		}
		f = append(f, Finding{Red, what, "set the tenant up again"})
	}
	if !has {
		return own, f, nil
	}
	more, err := p.dependents(ctx, own, func(name string) bool {
		return slices.ContainsFunc(recipe, func(want permissions.Permission) bool { return want.Name == name })
	})
	return own, append(f, more...), err
}

// dependents are findings for what needs a policy that includes the account, besides what is known.
// A policy that needs this policy may include the account, so its permissions count too.
func (p *Proof) dependents(ctx context.Context, policy permissions.Policy, known func(name string) bool) (f []Finding, err error) {
	policies := []permissions.Policy{policy}
	for i := 0; i < len(policies); i++ { // each policy once
		all, err := p.found.set.PermissionsOf(ctx, policies[i])
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			seen := slices.ContainsFunc(policies, func(p permissions.Policy) bool { return p.ID == one.ID })
			have, _ := p.found.set.Permission(one.Name)
			excluded, err := p.excluded(ctx, have)
			if err != nil {
				return nil, err
			}
			switch {
			case known(one.Name), seen, excluded:
			case one.Type == aggregate:
				policies = append(policies, permissions.Policy{ID: one.ID, Name: one.Name, Type: one.Type})
			default:
				f = append(f, Finding{
					Red, fmt.Sprintf("the permission %s gives the account %s by the policy %s (%s)", one.Name, described(have), policies[i].Name, policies[i].Type),
					"delete the permission, or take the account out of its policy",
				})
			}
		}
	}
	return f, nil
}

func described(p permissions.Permission) string {
	on := fmt.Sprintf("%d of %s", len(p.Resources), p.ResourceType)
	if len(p.Resources) == 0 || p.On(p.ResourceType) {
		on = "all " + p.ResourceType
	}
	return strings.Join(p.Scopes, ", ") + " on " + on
}
