package confined

import (
	"context"

	"keycloak-scim-proxy/proxy/scim"
)

// Check is Check of the group of the directory.
func (d *Directory) Check(ctx context.Context) error { return d.group.Check(ctx, d.Realm) }

// Complete is Complete of the group of the directory.
func (d *Directory) Complete(ctx context.Context, ref scim.Ref) error {
	return d.group.Complete(ctx, d.Realm, ref)
}

// Shared is Shared of the group of the directory.
func (d *Directory) Shared() map[string]string { return d.group.Shared() }
