package proxy

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"keycloak-scim-proxy/proxy/admission"
	"keycloak-scim-proxy/proxy/guarding"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/scopes"
)

// dropIn authenticates callers with access tokens of the realm in the path. Calls to Keycloak have
// the caller's token, so that Keycloak decides about each of them.
type dropIn struct {
	admitter *admission.Admitter
	realms   *scopes.Realms
	guards   *guarding.Guards
	plan     plan
}

var realmName = regexp.MustCompile(`^[^/\\?#%;\x00-\x1f]{1,255}$`)

func (*dropIn) challenge(map[string]string) string { return "" }

// authenticate admits the caller. It reads only the realm's name and the token.
func (d *dropIn) authenticate(r *http.Request, variables map[string]string) (caller, error) {
	name := variables["realm"]
	if !realmName.MatchString(name) || name == "." || name == ".." {
		return caller{}, scim.NoEndpoint()
	}
	token, err := scimhttp.Bearer(r)
	if err != nil {
		return caller{}, err
	}
	claims, err := d.admitter.Admit(r.Context(), name, token)
	if err != nil {
		return caller{}, err
	}
	all := &tenant{name: "realm:" + name, scope: d.realms.Scope(name, "", false), guard: d.guards.Of("realm:"+name, name, nil), plan: d.plan, ended: func(error) {}} //nolint:contextcheck // a webhook outlives the request
	return caller{tenant: all, subject: claims.Subject, credential: keycloak.Caller(token)}, nil
}

// discoveryWait is how long discovery waits for the realm's user profile.
const discoveryWait = 2 * time.Second

// profile returns the realm's user profile, nil if it cannot be read.
func (c caller) profile(ctx context.Context) *profile.Profile {
	ctx, cancel := context.WithTimeout(ctx, discoveryWait)
	defer cancel()
	p, err := c.scope.Profile(ctx, c.credential)
	if err != nil {
		return nil
	}
	return p
}
