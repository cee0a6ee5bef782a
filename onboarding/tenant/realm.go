package tenant

import (
	"context"
	"errors"
	"net/http"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/userprofile"
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
			return t.send(ctx, http.MethodPut, map[string]bool{member: true})
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
		if err := userprofile.Change(ctx, t.admin, t.Realm, userprofile.Profile.ReserveUsername); err != nil {
			return err
		}
		return switchOn(ctx)
	}
	return s
}

// mapped makes sure that the user profile has an attribute of SCIM.
func (t *Tenant) mapped(asked string) step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			m, err := userprofile.MappingOf(asked)
			if err != nil {
				return nil, err
			}
			p, err := userprofile.Read(ctx, t.admin, t.Realm)
			if err != nil {
				return nil, err
			}
			c := &Change{What: "attribute " + m.Name + " of the user profile", To: "the SCIM attribute " + m.Path}
			switch name, done, err := p.Mapped(m); {
			case err != nil || done:
				return nil, err
			case name != "":
				c.From = "no SCIM attribute"
			}
			return c, nil
		},
		do: func(ctx context.Context) error {
			m, err := userprofile.MappingOf(asked)
			if err != nil {
				return err
			}
			return userprofile.Change(ctx, t.admin, t.Realm, func(p userprofile.Profile) ([]byte, error) { return p.Map(m) })
		},
	}
}
