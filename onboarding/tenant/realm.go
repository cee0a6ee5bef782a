package tenant

import (
	"context"
	"errors"
	"net/http"

	"keycloak-scim-proxy/onboarding"
)

// setting is a switch of the realm that must be on.
func (t *Tenant) setting(name, member string, on func(onboarding.Realm) bool) step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			r, exists, err := t.admin.Realm(ctx, t.Realm)
			if err == nil && !exists {
				err = errors.New("the realm " + t.Realm + " does not exist")
			}
			if err != nil || on(r) {
				return nil, err
			}
			return &Change{name + " of realm " + t.Realm, "off", "on"}, nil
		},
		do: func(ctx context.Context) error {
			return t.send(ctx, http.MethodPut, map[string]bool{member: true}, nil, nil)
		},
	}
}

func (t *Tenant) scim() step {
	s := t.setting("SCIM API", "scimApiEnabled", func(r onboarding.Realm) bool { return r.SCIM })
	s.do = func(ctx context.Context) error { return t.admin.EnableSCIM(ctx, t.Realm) }
	return s
}

func (t *Tenant) fineGrained() step {
	return t.setting("fine-grained admin permissions", "adminPermissionsEnabled", func(r onboarding.Realm) bool { return r.FineGrained })
}

func (t *Tenant) organizations() step {
	return t.setting("organizations", "organizationsEnabled", func(r onboarding.Realm) bool { return r.Organizations })
}

// editUsername lets identity providers rename users: from Keycloak 26.8 on, the SCIM API is
// expected to refuse that while "Edit username" is off. Users could not rename themselves so far,
// and still cannot: the user profile first reserves the userName to administrators.
func (t *Tenant) editUsername() step {
	s := t.setting(`"Edit username"`, "editUsernameAllowed", func(r onboarding.Realm) bool { return r.EditUsername })
	look, switchOn := s.look, s.do
	s.look = func(ctx context.Context) (*Change, error) {
		c, err := look(ctx)
		if c != nil {
			c.To = "on, for administrators only"
		}
		return c, err
	}
	s.do = func(ctx context.Context) error {
		if err := t.changeProfile(ctx, reserveUsername); err != nil {
			return err
		}
		return switchOn(ctx)
	}
	return s
}
