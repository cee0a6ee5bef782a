package proxy

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/storemark"
	"keycloak-scim-proxy/proxy/tokens"
)

// tenants has the configured tenants and their tokens.
type tenants struct {
	set *tokens.Set
	all map[string]*tenant
	// marks are those of all tenants.
	marks storemark.Marks
	now   func() time.Time
	log   *zap.Logger
}

// newTenants makes the tenants of the configuration.
func newTenants(configured []config.Tenant, build func(config.Tenant) *tenant, now func() time.Time, log *zap.Logger) (*tenants, error) {
	t := &tenants{all: map[string]*tenant{}, now: now, log: log}
	var entries []tokens.Entry
	for _, c := range configured {
		t.all[c.Tenant] = build(c)
		t.marks = append(t.marks, t.all[c.Tenant].mark)
		for _, k := range c.Tokens {
			e := tokens.Entry{Tenant: c.Tenant, KeyID: k.ID, Expires: k.Expires.Time}
			if n, err := hex.Decode(e.SHA256[:], []byte(k.SHA256)); err != nil || n != len(e.SHA256) {
				return nil, fmt.Errorf("tenant %s: token %s: the SHA-256 is not 64 hex digits", c.Tenant, k.ID)
			}
			entries = append(entries, e)
		}
	}
	t.set = tokens.NewSet(entries)
	return t, nil
}

// authenticate finds the tenant of an opaque token. A tenant in the path must be the token's own;
// the error does not say which check failed.
func (t *tenants) authenticate(r *http.Request, variables map[string]string) (caller, error) {
	token, err := scimhttp.Bearer(r)
	if err != nil {
		return caller{}, err
	}
	name, keyID, err := t.set.Lookup(token, t.now())
	named, inPath := variables["tenant"]
	found := t.all[name]
	if err != nil || found == nil || inPath && named != name {
		e := scim.Unauthorized("the bearer token is not valid here")
		e.Cause = err
		return caller{}, e
	}
	t.crossCheck(found, r)
	return caller{tenant: found, keyID: keyID, credential: found.account}, nil
}

// crossCheck warns once per tenant if a request seems to come from another provider than the
// tenant's idp. The configured dialect is used nevertheless.
func (t *tenants) crossCheck(found *tenant, r *http.Request) {
	if provider := adapters.DetectProvider(r.Header.Get); provider != "" && provider != found.plan.dialect.Name {
		found.warned.Do(func() {
			t.log.Warn("requests seem to come from another identity provider: check the tenant's idp",
				zap.String("tenant", found.name), zap.String("idp", found.plan.dialect.Name), zap.String("looksLike", provider))
		})
	}
}
