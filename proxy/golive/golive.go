// Package golive makes the gate and the canaries of a configured tenant: it joins their packages
// with the tenant's account and the user profile of its realm. It decides nothing.
package golive

import (
	"context"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/canary"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/policy/trial"
	"keycloak-scim-proxy/proxy/profilecache"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// Tenant is a configured tenant, as far as its gate needs it.
type Tenant struct {
	Configured config.Tenant
	Schemas    scim.Schemas
	Account    *keycloak.Account
	Profiles   *profilecache.Cache
}

// Gate is the gate of a tenant. The nil gate is that of drop-in callers, and open.
type Gate struct {
	*staged.Gate

	of Tenant
}

// New makes the gate of a tenant. Of the options it takes Space, Now, Alarm and Trial.
func New(t Tenant, o staged.Options) *Gate {
	c := t.Configured
	o.Tenant, o.Realm, o.Group, o.IDP = c.Tenant, c.Realm, c.Group, c.IDP
	o.Staged, o.Stop, o.Required = c.State == "staged", c.OnLostAttributes == "stop", staged.Resolve(t.Schemas, c.RequiredAttributes)
	o.Fault = func(said string) error { return t.Account.Fault(fault.Attributes, said) }
	return &Gate{staged.New(o), t}
}

// Configured is the tenant of the gate.
func (g *Gate) Configured() config.Tenant { return g.of.Configured }

// Before is staged.Gate.Before.
func (g *Gate) Before(next protocol.Service, look func(context.Context) error) protocol.Service {
	if g == nil {
		return next
	}
	return g.Gate.Before(next, look)
}

// See takes the user profile that a request uses.
func (g *Gate) See(p *profile.Profile) {
	if g != nil {
		g.Gate.See(p, placement(p))
	}
}

// Check returns the fault of required attributes that have moved, by a user profile.
func (g *Gate) Check(ctx context.Context, p *profile.Profile) error {
	return g.Gate.Check(ctx, placement(p))
}

func placement(p *profile.Profile) func(scim.AttrPath) directory.Placement {
	return func(path scim.AttrPath) directory.Placement { return p.Capabilities().Placement(scim.User, path) }
}

// Canary is what a canary of the tenant needs. through carries out requests as the tenant.
func (g *Gate) Canary(through http.Handler) canary.Tenant {
	account, profiles := g.of.Account, g.of.Profiles
	return canary.Tenant{
		IDP: g.of.Configured.IDP, Schemas: g.of.Schemas, Gate: g.Gate, Through: through, Refresh: profiles.Forget,
		Native: func(ctx context.Context, id string) (int, []byte, error) {
			return account.Ask(ctx, http.MethodGet, "/admin/realms/"+url.PathEscape(account.Realm())+"/users/"+url.PathEscape(id), "")
		},
		Place: func(ctx context.Context, path scim.AttrPath) (staged.Place, error) {
			now, err := profiles.Profile(ctx, account)
			if err != nil {
				return "", err
			}
			return staged.PlaceOf(placement(now)(path)), nil
		},
	}
}

// Places returns the required attributes in their order, and where each of them lives now; "" if
// the user profile cannot be read.
func (g *Gate) Places(ctx context.Context) (required []scim.AttrPath, places []staged.Place) {
	now, err := g.of.Profiles.Profile(ctx, g.of.Account)
	for _, path := range g.Required {
		place := staged.Place("")
		if err == nil {
			place = staged.PlaceOf(placement(now)(path))
		}
		required, places = append(required, path), append(places, place)
	}
	return required, places
}

// Within returns a layer on top of another that the trial of a staged tenant needs.
func (g *Gate) Within(d directory.Directory) directory.Directory {
	if g == nil || g.Trial == nil {
		return d
	}
	return trial.Within(d)
}
