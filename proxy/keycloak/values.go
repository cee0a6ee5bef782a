package keycloak

import (
	"context"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/proxy/keycloak/values"
	"keycloak-scim-proxy/proxy/scim"
)

// values reads values by the Admin REST API.
func (r *Realm) values() values.Source {
	return values.Source{
		Profile: r.profile, Caller: r.cred.Key(),
		Ask: func(ctx context.Context, query url.Values) ([]byte, bool, error) {
			a, err := r.client.do(ctx, r.cred, request{method: http.MethodGet, path: "/admin/realms/" + url.PathEscape(r.realm) + "/users", query: query})
			if err == nil && !a.ok() {
				err = r.refused(scim.Ref{}, a)
			}
			return a.body, a.status == http.StatusForbidden || a.status == http.StatusUnauthorized, err
		},
		Differs: func(user string) {
			if r.client.Differs != nil {
				r.client.Differs(r.realm, user)
			}
		},
	}
}
