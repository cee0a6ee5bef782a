package tenant

import (
	"context"
	"fmt"
	"slices"

	"keycloak-scim-proxy/onboarding"
)

// account makes sure of the client. A client that existed before the policy names its account is
// created again: only this program has known the secret of an account that gets permissions.
func (t *Tenant) account() step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			c := &Change{What: "client " + t.ClientID, To: "with the roles of its kind only"}
			state, strange, err := t.accountState(ctx)
			switch {
			case err != nil:
				return nil, err
			case !state.Exists:
			case strange:
				c.From, c.To = "no policy names its account", "created again, with another secret"
			case !state.Complete:
				c.From, c.To = "incomplete, or with another audience or key", "complete"
			default:
				return nil, nil
			}
			return c, nil
		},
		do: func(ctx context.Context) error {
			_, strange, err := t.accountState(ctx)
			if err == nil && strange {
				_, err = t.admin.RemoveAccount(ctx, t.Spec.account())
			}
			if err == nil {
				t.credentials, err = t.admin.EnsureAccount(ctx, t.Spec.account())
			}
			return err
		},
	}
}

// accountState reads the account. It is strange if it is one of a group tenant that this run has
// not created, and no policy names it.
func (t *Tenant) accountState(ctx context.Context) (state onboarding.AccountState, strange bool, err error) {
	state, err = t.admin.CheckAccount(ctx, t.Spec.account())
	if err != nil || t.Group == "" || !state.Exists || state.User == t.credentials.User {
		return state, false, err
	}
	set, err := t.permissions(ctx)
	if err != nil {
		return state, false, err
	}
	p, has := set.Policy(t.policyName())
	return state, !has || !slices.Contains(p.Users(), state.User), nil
}

// policy makes sure of the policy that names the account.
func (t *Tenant) policy() step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			state, err := t.admin.CheckAccount(ctx, t.Spec.account())
			if err != nil {
				return nil, err
			}
			set, err := t.permissions(ctx)
			if err != nil {
				return nil, err
			}
			c := &Change{What: "policy " + t.policyName(), To: "the account of " + t.ClientID}
			p, has := set.Policy(t.policyName())
			switch {
			case !has:
			case p.Type != "user" || p.Logic != "POSITIVE":
				return nil, fmt.Errorf("the policy %q of realm %q is not one of this program: rename or delete it", p.Name, t.Realm)
			case state.User != "" && slices.Equal(p.Users(), []string{state.User}):
				return nil, nil
			default:
				c.From = fmt.Sprintf("%d other users", len(p.Users()))
			}
			return c, nil
		},
		do: func(ctx context.Context) error {
			state, err := t.admin.CheckAccount(ctx, t.Spec.account())
			if err != nil {
				return err
			}
			set, err := t.permissions(ctx)
			if err != nil {
				return err
			}
			return set.PutUserPolicy(ctx, t.policyName(), state.User)
		},
	}
}
