package proxy

import (
	"net/http"
	"regexp"

	"keycloak-scim-proxy/proxy/admission"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/scim"
)

// dropIn accepts access tokens of the realm in the path. Its callers act with their own token, so
// Keycloak decides on every call.
type dropIn struct {
	admitter *admission.Admitter
	realms   *realms
	plan     plan
}

var realmName = regexp.MustCompile(`^[^/\\?#%;\x00-\x1f]{1,255}$`)

// authenticate admits the caller before anything else of the request is looked at.
func (d *dropIn) authenticate(r *http.Request, variables map[string]string) (caller, error) {
	name := variables["realm"]
	if !realmName.MatchString(name) || name == "." || name == ".." {
		return caller{}, scim.NoEndpoint()
	}
	token, err := bearer(r)
	if err != nil {
		return caller{}, err
	}
	claims, err := d.admitter.Admit(r.Context(), name, token)
	if err != nil {
		return caller{}, err
	}
	all := &tenant{name: "realm:" + name, scope: d.realms.scope(name, "", false), plan: d.plan, ended: func(error) {}}
	return caller{tenant: all, subject: claims.Subject, credential: keycloak.Caller(token)}, nil
}
