package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/tokens"
)

// Scope is the scope that a token must have.
const Scope = "scim"

// Published reads what a realm publishes.
type Published interface {
	// Keys returns the realm's JSON Web Key Set.
	Keys(ctx context.Context, realm string) ([]byte, error)
	// Issuer returns the issuer in its tokens.
	Issuer(ctx context.Context, realm string) (string, error)
}

// NewVerifier returns the verifier of a realm. It sends no request.
func NewVerifier(realm string, p Published, now func() time.Time) *tokens.Verifier {
	return tokens.NewVerifier(realm, tokens.Source{
		Keys:   func(ctx context.Context) ([]byte, error) { return p.Keys(ctx, realm) },
		Issuer: func(ctx context.Context) (string, error) { return p.Issuer(ctx, realm) },
	}, now)
}

// Resource is the protected resource of a tenant.
type Resource struct {
	// URL is the tenant's own, and the audience of tokens.
	URL string
	// MetadataURL is that of its metadata.
	MetadataURL string
	// Clients are the client IDs whose tokens are accepted.
	Clients []string
	// Verifier is that of the tenant's realm.
	Verifier *tokens.Verifier
}

// Client returns the client whose token it is. The error has status 401 if the token is not
// accepted, and does not tell the caller why; otherwise Keycloak's keys are not known and cannot be
// read.
func (r *Resource) Client(ctx context.Context, token string) (string, error) {
	client, err := r.Verifier.VerifyClient(ctx, token, tokens.Grant{Audience: r.URL, Clients: r.Clients, Scope: Scope})
	if errors.Is(err, tokens.ErrInvalid) {
		return "", &scim.Error{Status: 401, Detail: "the bearer token is not valid here", Cause: err}
	}
	return client, err
}

// Challenge is what a 401 adds to WWW-Authenticate (RFC 9728 section 5.1).
func (r *Resource) Challenge() string { return fmt.Sprintf("resource_metadata=%q", r.MetadataURL) }

// Metadata returns the metadata of the resource, JSON (RFC 9728 section 2).
func (r *Resource) Metadata(ctx context.Context) (string, error) {
	issuer, err := r.Verifier.Issuer(ctx)
	if err != nil {
		return "", err
	}
	list := func(one string) string { return document.Array([]string{document.Quote(one)}) }
	doc := document.NewObject()
	doc.Put("resource", document.Quote(r.URL))
	doc.Put("authorization_servers", list(issuer))
	doc.Put("scopes_supported", list(Scope))
	doc.Put("bearer_methods_supported", list("header"))
	return doc.String(), nil
}
