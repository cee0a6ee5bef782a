package lookup

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/overlay/identity"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/scim"
)

// Options returns the options of listing that are about look-ups: those of a caller whose kept
// values are in an index, over a directory. The identities may be nil, and are not used unless the
// directory is confined to a group. looked receives the index and the result of each look-up, as
// kept.Index.Outcome names them.
func Options(x kept.Index, identities *identity.Index, below directory.Directory, looked func(index, result string)) listing.Options {
	if d, ok := below.(*confined.Directory); ok && identities != nil {
		source := identity.Source{Key: d.IdentityKey(), Each: d.Identities}
		x.Seen = func(ctx context.Context, term string) ([]string, bool, error) {
			return identities.Seen(ctx, source, term)
		}
	}
	return listing.Options{
		KnowsAll: x.Seen != nil,
		Find: func(ctx context.Context, t scim.ResourceType, attr scim.AttrPath, raw string) (listing.Found, error) {
			found, err := x.Find(ctx, t, attr, raw)
			if index, result := x.Outcome(t, attr, found); index != "" && err == nil {
				looked(index, result)
			}
			return listing.Found(found), err
		},
		Scan: func(ctx context.Context, t scim.ResourceType, attrs []scim.AttrPath, after string, visit func(id, name string, values scim.Resource) (bool, error)) (bool, error) {
			return x.Scan(ctx, t, attrs, after, func(r kept.Resource) (bool, error) { return visit(r.ID, r.Name, r.Values) })
		},
	}
}
