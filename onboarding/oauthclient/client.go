package oauthclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
)

// Scope is the client scope that puts the scope of the same name into tokens.
const Scope = "scim"

// Client is what an identity provider of a tenant authenticates as.
type Client struct {
	Realm, ClientID string
	// Tenant is the name of the tenant, URL its public SCIM base: the audience of tokens.
	Tenant, URL string
	// Key is the key that the client signs with. nil: it has a secret.
	Key *clientkey.Key
}

func (c Client) account() onboarding.Account {
	kind := onboarding.OAuthClient(Scope, c.URL, "/tenants/"+c.Tenant+"/scim/v2")
	return onboarding.Account{Realm: c.Realm, ClientID: c.ClientID, Kind: kind, Key: c.Key}
}

// TokenEndpoint returns where the client of a realm gets tokens, for a Keycloak at base. An
// identity provider may need another host.
func TokenEndpoint(base, realm string) string {
	return base + "/realms/" + url.PathEscape(realm) + "/protocol/openid-connect/token"
}

// State is what Check finds.
type State struct {
	// Exists reports that there is a client, which Ensure may have to correct.
	Exists bool
	// Complete reports that Ensure would change nothing.
	Complete bool
}

// Check reads the client. It returns the error that Ensure would return before it changes anything,
// and changes nothing.
func Check(ctx context.Context, a *onboarding.Admin, c Client) (State, error) {
	s, err := a.CheckAccount(ctx, c.account())
	if err != nil {
		return State{}, err
	}
	found, err := findScope(ctx, a, c.Realm)
	return State{Exists: s.Exists, Complete: s.Complete && found}, err
}

// Ensure makes sure of the client scope and the client, and returns the client's secret, "" if it
// has a key. It can be repeated. A client or a client scope that is there and is not as this
// program creates it is not changed. Differences that it corrects are another audience at the same
// tenant, another key, and a creation that was interrupted.
func Ensure(ctx context.Context, a *onboarding.Admin, c Client) (secret string, err error) {
	if _, err := Check(ctx, a, c); err != nil {
		return "", err
	}
	if err := ensureScope(ctx, a, c.Realm); err != nil {
		return "", err
	}
	made, err := a.EnsureAccount(ctx, c.account())
	return made.Secret, err
}

// Remove deletes the client if this program created it, and reports whether there was one. The
// client scope stays, because clients of other tenants have it too.
func Remove(ctx context.Context, a *onboarding.Admin, c Client) (bool, error) {
	return a.RemoveAccount(ctx, c.account())
}

// clientScope is a client scope as Keycloak shows it.
type clientScope struct {
	Name       string            `json:"name"`
	Protocol   string            `json:"protocol"`
	Attributes map[string]string `json:"attributes"`
	Mappers    []any             `json:"protocolMappers,omitempty"`
}

var errScope = errors.New("it has mappers, or is not in tokens: rename it, or make it one without mappers that is included in the token scope")

// findScope reports whether the realm has the client scope. It refuses one that would change tokens
// in another way.
func findScope(ctx context.Context, a *onboarding.Admin, realm string) (bool, error) {
	var all []clientScope
	if _, err := a.Do(ctx, realm, onboarding.Request{Method: http.MethodGet, Path: []string{"client-scopes"}, Result: &all}); err != nil {
		return false, fmt.Errorf("client scopes of realm %q: %w", realm, err)
	}
	for _, s := range all {
		if s.Name == Scope {
			if s.Protocol != "openid-connect" || len(s.Mappers) > 0 || s.Attributes["include.in.token.scope"] == "false" {
				return true, fmt.Errorf("client scope %q of realm %q: %w", Scope, realm, errScope)
			}
			return true, nil
		}
	}
	return false, nil
}

func ensureScope(ctx context.Context, a *onboarding.Admin, realm string) error {
	found, err := findScope(ctx, a, realm)
	if err != nil || found {
		return err
	}
	made := clientScope{Name: Scope, Protocol: "openid-connect", Attributes: map[string]string{"include.in.token.scope": "true", "display.on.consent.screen": "false"}}
	if _, err := a.Do(ctx, realm, onboarding.Request{Method: http.MethodPost, Path: []string{"client-scopes"}, Body: made}); err != nil {
		return fmt.Errorf("create the client scope %q of realm %q: %w", Scope, realm, err)
	}
	return nil
}
