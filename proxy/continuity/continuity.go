// Package continuity puts together what keeps the accounts of a tenant's users whole from their
// first to their last sign-in: what a DELETE does (package leaver), and the links to an identity
// provider (package brokerlink), as configured. It sends no requests itself.
package continuity

import (
	"context"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/brokerlink"
	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/scim"
)

// Options of a tenant. The zero value is for drop-in callers: a DELETE deletes, and users are not
// linked.
type Options struct {
	leavers leaver.Options
	links   brokerlink.Options
	lock    func(ctx context.Context, key string) (unlock func(), err error)
}

// Of returns the options of a tenant. lock serialises writes among all processes.
func Of(c config.Tenant, lock func(ctx context.Context, key string) (unlock func(), err error), now func() time.Time) Options {
	o := Options{leavers: leaver.Options{Mode: leaver.Mode(c.OnDelete), Grace: time.Duration(c.GraceDays) * 24 * time.Hour, Now: now}, lock: lock}
	if l := c.SSOLink; l != nil {
		o.links = brokerlink.Options{Provider: l.IDP, UserID: scim.AttrPath{Name: l.UserID}, Adopt: l.Adopt, Lock: lock}
	}
	return o
}

// Below is the layer below what is kept.
func (o Options) Below(d directory.Directory, r *keycloak.Realm) directory.Directory {
	return leaver.New(d, r, o.leavers)
}

// Above is the layer above what is kept.
func (o Options) Above(d directory.Directory, r *keycloak.Realm) directory.Directory {
	return brokerlink.Over(d, r, o.links)
}

// Pass returns the sweep of the parked users of a realm, or of a group of it; false if the tenant
// does not park. open is called at each sweep.
func (o Options) Pass(open func(ctx context.Context) (*keycloak.Realm, *profile.Profile, error), g *tenantgroup.Group, done func(deleted int, err error)) (leaver.Pass, bool) {
	return leaver.Pass{
		Lock: func(ctx context.Context) (func(), error) { return o.lock(ctx, "leavers") },
		Sweep: func(ctx context.Context) (int, error) {
			r, p, err := open(ctx)
			if err != nil {
				return 0, err
			}
			return leaver.New(confined.Within(r, p, g), r, o.leavers).Sweep(ctx)
		},
		Done: done,
	}, o.leavers.Mode == leaver.Park
}
