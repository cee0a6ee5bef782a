package keycloak

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim"
)

// Keys reads the public keys of a realm (a JSON Web Key Set), without a credential.
func (c *Client) Keys(ctx context.Context, realm string) ([]byte, error) {
	return c.published(ctx, realm, "/protocol/openid-connect/certs")
}

// Issuer reads the issuer of a realm. It depends on Keycloak's frontend URL, not on the host that
// the request is sent to (measured).
func (c *Client) Issuer(ctx context.Context, realm string) (string, error) {
	body, err := c.published(ctx, realm, "/.well-known/openid-configuration")
	if err != nil {
		return "", err
	}
	var doc struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal(body, &doc); err != nil || doc.Issuer == "" {
		return "", scim.Upstream(fmt.Errorf("the discovery document of the realm has no issuer: %w", err))
	}
	return doc.Issuer, nil
}

func (c *Client) published(ctx context.Context, realm, path string) ([]byte, error) {
	a, err := c.send(ctx, "", request{method: http.MethodGet, path: "/realms/" + url.PathEscape(realm) + path})
	switch {
	case err != nil:
		return nil, err
	case a.status == http.StatusNotFound && fault.OfToken(a.status, a.body) == fault.URL:
		return nil, fault.New(fault.URL, fault.Place{URL: c.base, Realm: realm}, "404 to "+path)
	case a.status == http.StatusNotFound:
		return nil, fault.NoRealm(fmt.Errorf("Keycloak answered %d to %s", a.status, path))
	case !a.ok():
		return nil, scim.Unavailable("Keycloak", fmt.Errorf("Keycloak answered %d to %s", a.status, path))
	}
	return a.body, nil
}
