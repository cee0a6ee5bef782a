// Package bearer finds the tenant of a bearer token: an opaque token of the tenant's file or of the
// store, or an access token of its realm.
package bearer

import (
	"context"
	"errors"
	"net/http"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/oauth"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/revoked"
	"keycloak-scim-proxy/proxy/roster"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/tokens"
)

// Access is what a tenant says of its callers.
type Access struct {
	OAuth    *oauth.Resource   // nil: no access token of Keycloak is accepted
	Networks clientip.Networks // of its clients; none: all
	Name     string
	Dialect  string
	// Warn calls a function once.
	Warn func(func())
}

// Tenants finds the tenants of tokens.
type Tenants[T any] struct {
	*roster.Roster[T]
	// Access is what a tenant says of its callers.
	Access func(T) Access
	// Used is called for each token of a tenant that is used.
	Used    func(tenant, key string)
	Revoked *revoked.Tokens // nil: by files only
	Issued  *issued.Tokens  // those that no file names; nil: there are none
	// StoreError makes the answer of an error of the store.
	StoreError func(error) error
	Trusted    clientip.Networks
	Clock      func() time.Time
	Log        *zap.Logger
}

// Found is the tenant of a token, with the key or the OAuth client that was used.
type Found[T any] struct {
	Tenant        T
	KeyID, Client string
}

// Authenticate finds the tenant of a request's token. A tenant in the path, or "", must be the
// token's own. It may also accept access tokens of its realm. The error does not say which check
// failed. If it is the token of a known tenant, the tenant is returned with the error.
func (t *Tenants[T]) Authenticate(r *http.Request, inPath string) (Found[T], error) {
	var none Found[T]
	token, err := scimhttp.Bearer(r)
	if err != nil {
		return none, err
	}
	found, name, keyID, err := t.Now().Lookup(token, t.Clock())
	if t.Issued != nil && errors.Is(err, tokens.ErrUnknown) {
		name, keyID, err = t.Issued.Lookup(r.Context(), token, t.Clock())
		found, _ = t.Now().Of(name)
	}
	if err == nil && t.Revoked.Has(token) {
		err = tokens.ErrRevoked
	}
	if at, takes := t.resource(inPath); takes && errors.Is(err, tokens.ErrMalformed) {
		return t.byAccessToken(r, at, token)
	}
	c := Found[T]{Tenant: found, KeyID: keyID}
	switch {
	case errors.Is(err, issued.ErrUnread): // a 401 would stop providers for good
		return none, t.StoreError(err)
	case err != nil:
		return c, refuse(r.Context(), err)
	case name == "" || inPath != "" && inPath != name:
		return none, refuse(r.Context(), nil) // it is the token of another tenant, and not refused as such
	}
	access := t.Access(found)
	if t.Outside(access, r) {
		return c, refuse(r.Context(), errNetwork)
	}
	t.Used(name, keyID)
	t.crossCheck(access, r)
	return c, nil
}

func (t *Tenants[T]) byAccessToken(r *http.Request, at T, token string) (none Found[T], err error) {
	access := t.Access(at)
	client, err := access.OAuth.Client(r.Context(), token)
	if err != nil {
		return none, err
	}
	c := Found[T]{Tenant: at, Client: client}
	if t.Outside(access, r) {
		return c, refuse(r.Context(), errNetwork)
	}
	t.crossCheck(access, r)
	return c, nil
}

// resource returns the tenant in the path if it accepts access tokens.
func (t *Tenants[T]) resource(inPath string) (found T, takes bool) {
	found, known := t.Now().Of(inPath)
	return found, known && t.Access(found).OAuth != nil
}

// Challenge is what a 401 adds to WWW-Authenticate for a tenant in the path, "" if nothing.
func (t *Tenants[T]) Challenge(inPath string) string {
	if at, takes := t.resource(inPath); takes {
		return t.Access(at).OAuth.Challenge()
	}
	return ""
}

// Metadata returns that of a tenant that accepts access tokens (RFC 9728).
func (t *Tenants[T]) Metadata(ctx context.Context, inPath string) (string, error) {
	if at, takes := t.resource(inPath); takes {
		return t.Access(at).OAuth.Metadata(ctx)
	}
	return "", scim.NoEndpoint()
}

// errNetwork means that a valid token is used from a network that its tenant does not allow.
var errNetwork = errors.New("the client's address is in none of the tenant's allowedNetworks")

// Outside reports whether a request comes from a network that its tenant does not allow.
func (t *Tenants[T]) Outside(at Access, r *http.Request) bool {
	if len(at.Networks) == 0 {
		return false
	}
	client, known := clientip.Of(r, t.Trusted)
	return !known || !at.Networks.Contains(client)
}

// refuse returns the error for a token that is not accepted, which does not tell the caller why. It
// notes why the token of a known tenant is refused: then the caller has its tenant, so that the
// request is counted for it.
func refuse(ctx context.Context, cause error) error {
	why := map[error]string{tokens.ErrExpired: "expired", tokens.ErrRevoked: "revoked", errNetwork: "network"}[cause]
	observe.From(ctx).Note(func(s *observe.Summary) { s.Refused = why })
	e := scim.Unauthorized("the bearer token is not valid here")
	e.Cause = cause
	return e
}

// crossCheck warns once per tenant if a request seems to come from another provider than the
// tenant's idp. The configured dialect is used nevertheless.
func (t *Tenants[T]) crossCheck(found Access, r *http.Request) {
	if provider := adapters.DetectProvider(r.Header.Get); provider != "" && provider != found.Dialect {
		found.Warn(func() {
			t.Log.Warn("requests seem to come from another identity provider: check the tenant's idp",
				zap.String("tenant", found.Name), zap.String("idp", found.Dialect), zap.String("looksLike", provider))
		})
	}
}
