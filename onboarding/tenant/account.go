package tenant

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"keycloak-scim-proxy/onboarding"
)

// account makes sure of the client. A client that existed before the policy names its account is
// created again, so that its secret is known to this program only before it can do anything.
func (t *Tenant) account() step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			state, err := t.admin.CheckAccount(ctx, t.Spec.account())
			if err != nil {
				return nil, err
			}
			c := &Change{What: "client " + t.ClientID, To: "with the roles of its kind only"}
			switch strange, err := t.strange(ctx, state); {
			case err != nil:
				return nil, err
			case !state.Exists:
				return c, nil
			case strange:
				c.From, c.To = "no policy names its account", "created again, with another secret"
				return c, nil
			case !state.Complete:
				c.From, c.To = "incomplete, or with another audience", "complete"
				return c, nil
			}
			return nil, nil
		},
		do: func(ctx context.Context) error {
			state, err := t.admin.CheckAccount(ctx, t.Spec.account())
			if err != nil {
				return err
			}
			strange, err := t.strange(ctx, state)
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

// strange reports whether the account of a group tenant exists, was not created by this run, and no
// policy names it yet.
func (t *Tenant) strange(ctx context.Context, state onboarding.AccountState) (bool, error) {
	if t.Group == "" || !state.Exists || state.User == t.credentials.User {
		return false, nil
	}
	all, err := t.readPermissions(ctx)
	p, has := all.policy(t.policyName())
	return err == nil && (!has || !slices.Contains(p.users(), state.User)), err
}

func (t *Tenant) policy() step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			state, err := t.admin.CheckAccount(ctx, t.Spec.account())
			if err != nil {
				return nil, err
			}
			all, err := t.readPermissions(ctx)
			if err != nil {
				return nil, err
			}
			c := &Change{What: "policy " + t.policyName(), To: "the account of " + t.ClientID}
			p, has := all.policy(t.policyName())
			switch {
			case !has:
			case p.Type != "user" || p.Logic != "POSITIVE":
				return nil, fmt.Errorf("the policy %q of realm %q is not one of this program: rename or delete it", p.Name, t.Realm)
			case state.User != "" && slices.Equal(p.users(), []string{state.User}):
				return nil, nil
			default:
				c.From = fmt.Sprintf("%d other users", len(p.users()))
			}
			return c, nil
		},
		do: func(ctx context.Context) error {
			state, err := t.admin.CheckAccount(ctx, t.Spec.account())
			if err != nil {
				return err
			}
			all, err := t.readPermissions(ctx)
			if err != nil {
				return err
			}
			body := map[string]any{"name": t.policyName(), "type": "user", "logic": "POSITIVE", "users": []string{state.User}}
			p, has := all.policy(t.policyName())
			if !has {
				return t.send(ctx, http.MethodPost, body, nil, nil, all.path("policy", "user")...)
			}
			body["id"] = p.ID
			return t.send(ctx, http.MethodPut, body, nil, nil, all.path("policy", "user", p.ID)...)
		},
	}
}
