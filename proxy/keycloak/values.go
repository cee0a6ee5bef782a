package keycloak

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/values"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// fewUsers is the size of a page that costs the SCIM API as little as two calls cost (measured).
const fewUsers = 25

// wide reports whether a page may have many users: it is large, and no unique value is looked up.
func wide(q directory.Query) bool {
	return q.Count >= fewUsers && !slices.ContainsFunc(scim.Conjuncts(q.Filter), func(f scim.Filter) bool {
		c, ok := f.(scim.Compare)
		return ok && c.Op == scim.Eq && document.IsText(c.Value)
	})
}

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
