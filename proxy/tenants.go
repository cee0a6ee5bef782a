package proxy

import (
	"net/http"
	"strings"
	"sync"

	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/tokens"
)

// tenantAuthenticator accepts opaque tokens.
type tenantAuthenticator struct {
	p    *Proxy
	book *tokens.Set
	all  map[string]*tenant
}

type tenant struct {
	parts   *parts
	plan    plan
	account *keycloak.Account
	warned  sync.Once
}

// Enter finds the tenant of the token. A tenant in the path must be the token's own; what is wrong is not told.
func (g *tenantAuthenticator) Authenticate(r *http.Request, variables map[string]string) (scimhttp.Session, error) {
	token, err := bearer(r)
	if err != nil {
		return scimhttp.Session{}, err
	}
	name, _, err := g.book.Lookup(token, g.p.now())
	named, inPath := variables["tenant"]
	t := g.all[name]
	if err != nil || t == nil || inPath && named != name {
		e := scim.Unauthorized("the bearer token is not valid here")
		e.Cause = err
		return scimhttp.Session{}, e
	}
	prefix := "/scim/v2"
	if inPath {
		prefix = "/tenants/" + name + prefix
	}
	g.crossCheck(t, r)
	if err := t.plan.mark.check(r.Context()); err != nil {
		return scimhttp.Session{Tenant: name}, err
	}
	s, err := session(r.Context(), t.parts, t.plan, t.account)
	s.Base = g.p.public(r) + prefix
	return s, err
}

// crossCheck warns once where a request's marks contradict the tenant's idp. The configuration decides all the same.
func (g *tenantAuthenticator) crossCheck(t *tenant, r *http.Request) {
	if mark := adapters.DetectProvider(r.Header.Get); mark != "" && mark != t.plan.dialect.Name {
		t.warned.Do(func() {
			g.p.log.Warn("requests look like another identity provider's: is the tenant's idp right?",
				zap.String("tenant", t.plan.tenant), zap.String("idp", t.plan.dialect.Name), zap.String("looksLike", mark))
		})
	}
}

// bearer reads the one Authorization header. Natively a good and a bad one together are accepted.
func bearer(r *http.Request) (string, error) {
	given := r.Header.Values("Authorization")
	if len(given) != 1 {
		return "", scim.Unauthorized("a bearer token is required")
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", scim.Unauthorized("a bearer token is required")
	}
	return token, nil
}
