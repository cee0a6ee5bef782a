package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"keycloak-scim-proxy/onboarding/permissions"
)

// other are findings for a policy that is not the tenant's.
func (p *Proof) other(ctx context.Context, policy permissions.Policy) ([]Finding, error) {
	includes, judged := p.includes(policy)
	if judged && !includes {
		return nil, nil
	}
	if !judged {
		return p.unjudged(ctx, policy)
	}
	f, err := p.dependents(ctx, policy, func(string) bool { return false })
	if policy.Type == "user" && policy.Logic != negative && len(f) == 0 {
		f = append(f, Finding{Red, "the policy " + policy.Name + " names the account", "take the account out of it"})
	}
	return f, err
}

// unjudged are findings for the permissions that a policy may give the account.
func (p *Proof) unjudged(ctx context.Context, policy permissions.Policy) (f []Finding, err error) {
	used, err := p.found.set.PermissionsOf(ctx, policy)
	for _, one := range used {
		have, _ := p.found.set.Permission(one.Name)
		excluded, err := p.excluded(ctx, have)
		if err != nil {
			return nil, err
		}
		if !excluded {
			f = append(f, Finding{
				Unknown, fmt.Sprintf("whether the policy %s (%s) includes the account cannot be judged, and the permission %s needs it", policy.Name, policy.Type, one.Name),
				"look at the policy in the realm's permissions",
			})
		}
	}
	return f, err
}

// excluded reports whether one of the policies of a permission, all of which must agree, keeps the
// account out.
func (p *Proof) excluded(ctx context.Context, have permissions.Permission) (bool, error) {
	if have.DecisionStrategy != "UNANIMOUS" {
		return false, nil
	}
	all, err := p.found.set.PoliciesOf(ctx, have)
	return slices.ContainsFunc(all, func(of permissions.Policy) bool {
		i := slices.IndexFunc(p.found.set.Policies, func(known permissions.Policy) bool { return known.ID == of.ID })
		if i < 0 {
			return false
		}
		includes, judged := p.includes(p.found.set.Policies[i])
		return judged && !includes
	}), err
}

// aggregate is the type of policies that combine others.
const aggregate = "aggregate"

const negative = "NEGATIVE"

// includes reports whether a policy includes the account. It is not judged if its type depends on
// something else than the account.
func (p *Proof) includes(policy permissions.Policy) (includes, judged bool) {
	switch policy.Type {
	case "user":
		includes = slices.Contains(policy.Users(), p.found.user)
	case "client":
		var clients []string
		if json.Unmarshal([]byte(policy.Config["clients"]), &clients) != nil {
			return false, false
		}
		includes = slices.Contains(clients, p.found.client)
	case "role":
		var ok bool
		if includes, ok = p.hasRoles(policy.Config["roles"]); !ok {
			return false, false
		}
	case "group": // the account is in no group, or the step account is red
	default:
		return false, false
	}
	return includes != (policy.Logic == negative), true
}

// hasRoles reports whether the account has one of the roles of a policy, and all that it requires.
func (p *Proof) hasRoles(config string) (has, ok bool) {
	var wanted []struct {
		ID       string
		Required bool
	}
	if json.Unmarshal([]byte(config), &wanted) != nil {
		return false, false
	}
	for _, w := range wanted {
		holds := slices.ContainsFunc(p.found.roles, func(r role) bool { return r.ID == w.ID })
		if w.Required && !holds {
			return false, true
		}
		has = has || holds
	}
	return has, true
}
