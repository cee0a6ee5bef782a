package onboarding

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"keycloak-scim-proxy/proxy/keycloak/clientkey"

	"github.com/Nerzal/gocloak/v13"
)

// target has the properties of the realm that an account needs, read before anything is changed.
type target struct {
	Account
	issuer      string
	audience    string // of the tokens
	place       string // end of the audience
	management  string // id of the client realm-management
	roles       []gocloak.Role
	attributes  map[string]string // of the client
	defaultRole string
}

// target reads the realm. It refuses the realm master and Keycloak's own clients.
func (a *Admin) target(ctx context.Context, want Account) (*target, error) {
	realm, clientID := want.Realm, want.ClientID
	if realm == "master" {
		return nil, errors.New("realm master is not for provisioning, because an account that manages its users can manage every realm: use another realm")
	}
	if slices.Contains(defaultClients, clientID) {
		return nil, fmt.Errorf("client %q is one of Keycloak's own: use another client ID", clientID)
	}
	t := &target{Account: want, attributes: map[string]string{marker: want.Kind.mark}}
	if want.Key != nil {
		set, err := clientkey.JWKS(*want.Key)
		if err != nil {
			return nil, err
		}
		t.attributes["use.jwks.string"], t.attributes["jwks.string"] = "true", set
		t.attributes["token.endpoint.auth.signing.alg"] = want.Key.Algorithm()
	}
	r, exists, err := a.Realm(ctx, realm)
	if err == nil && !exists {
		err = fmt.Errorf("realm %q does not exist", realm)
	}
	if err != nil {
		return nil, err
	}
	t.defaultRole = r.DefaultRole.Name
	if t.issuer, err = a.issuer(ctx, realm); err != nil {
		return nil, err
	}
	t.audience, t.place = t.issuer+audiencePath, "/realms/"+realm+audiencePath
	if want.Kind.audience != "" {
		t.audience, t.place = want.Kind.audience, want.Kind.place
	}
	if t.management, err = a.clientUUID(ctx, realm, realmManagement); err != nil {
		return nil, fmt.Errorf("client %s: %w", realmManagement, err)
	}
	for _, name := range want.Kind.roles {
		role, err := a.client.GetClientRole(ctx, a.token, realm, t.management, name)
		if err != nil {
			return nil, fmt.Errorf("role %s of %s: %w", name, realmManagement, err)
		}
		t.roles = append(t.roles, *role)
	}
	return t, nil
}

// authenticator is how the client proves to Keycloak who it is.
func (t *target) authenticator() string {
	if t.Key != nil {
		return "client-jwt"
	}
	return "client-secret"
}

func (a *Admin) clientUUID(ctx context.Context, realm, clientID string) (string, error) {
	found, err := a.client.GetClients(ctx, a.token, realm, gocloak.GetClientsParams{ClientID: &clientID})
	if err != nil || len(found) == 0 {
		return "", err
	}
	return gocloak.PString(found[0].ID), nil
}

// issuer reads the realm's issuer from its discovery document: the audience depends on Keycloak's
// frontend URL, not on the host that the request is sent to.
func (a *Admin) issuer(ctx context.Context, realm string) (string, error) {
	var doc struct {
		Issuer string `json:"issuer"`
	}
	res, err := a.client.RestyClient().R().SetContext(ctx).SetResult(&doc).
		Get(a.base + "/realms/" + url.PathEscape(realm) + "/.well-known/openid-configuration")
	if err == nil && (res.IsError() || doc.Issuer == "") {
		err = fmt.Errorf("discovery of realm %q answered %d", realm, res.StatusCode())
	}
	return doc.Issuer, err
}
