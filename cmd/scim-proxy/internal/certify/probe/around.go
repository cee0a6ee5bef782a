package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

// TLSVersion returns the version of TLS of the latest answer, or 0.
func (s *Session) TLSVersion() uint16 { return s.tls }

// Served fails unless a single GET of a resource is 200. Unlike other methods, it is safe for
// concurrent use.
func (s *Session) Served(ctx context.Context, path string) error {
	res, err := s.client.ExchangeOnce(ctx, scimclient.Request{Method: http.MethodGet, Path: path})
	if err != nil {
		return err
	}
	if res.Status != http.StatusOK {
		return &Failure{Sent: "GET " + path + ", several at once", Expected: "status 200", Shown: fmt.Sprintf("status %d %s", res.Status, res.Body)}
	}
	return nil
}

// maxIssuers is how many authorization servers of a server are asked.
const maxIssuers = 3

// AuthorizationServer returns the RFC 8414 metadata of the server's authorization server, or nil
// if none is found at the well-known URLs of the server (RFC 9728 section 3, RFC 8414 section 3).
// It sends no token.
func (s *Session) AuthorizationServer(ctx context.Context) (Object, error) {
	base, err := url.Parse(s.URL)
	if err != nil {
		return nil, err
	}
	origin, path := base.Scheme+"://"+base.Host, strings.TrimRight(base.Path, "/")
	for _, place := range []string{origin + "/.well-known/oauth-protected-resource" + path, origin + "/.well-known/oauth-authorization-server" + path, origin + "/.well-known/oauth-authorization-server"} {
		found := s.wellKnown(ctx, place)
		servers, _ := At(found, "authorization_servers").([]any)
		for _, one := range servers[:min(len(servers), maxIssuers)] {
			if issuer, ok := one.(string); ok {
				found = s.issuer(ctx, issuer)
			}
		}
		if found["token_endpoint"] != nil || found["issuer"] != nil {
			return found, ctx.Err()
		}
	}
	return nil, ctx.Err()
}

// issuer returns the metadata of an authorization server, at the place of RFC 8414 or, if that has
// none, of OpenID Connect Discovery.
func (s *Session) issuer(ctx context.Context, issuer string) Object {
	u, err := url.Parse(issuer)
	if err != nil {
		return nil
	}
	path := strings.TrimRight(u.Path, "/")
	u.Path = "/.well-known/oauth-authorization-server" + path
	if found := s.wellKnown(ctx, u.String()); found != nil {
		return found
	}
	u.Path = path + "/.well-known/oauth-authorization-server"
	return s.wellKnown(ctx, u.String())
}

func (s *Session) wellKnown(ctx context.Context, place string) Object {
	c := scimclient.New(scimclient.Options{URL: place, Timeout: s.Timeout, Transport: s.Transport, Pause: s.Pause, Agent: "scim-proxy certify"})
	res, err := c.Exchange(ctx, scimclient.Request{Method: http.MethodGet, Header: http.Header{"Accept": {"application/json"}}})
	if err != nil || res.Status != http.StatusOK {
		return nil
	}
	var o Object
	if json.Unmarshal(res.Body, &o) != nil {
		return nil
	}
	return o
}
