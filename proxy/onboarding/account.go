package onboarding

import (
	"context"
	"fmt"
	"net/url"

	"github.com/Nerzal/gocloak/v13"
)

// wholeRealmRole is all that a tenant of a whole realm needs (measured on 26.7.3: users, groups and members; nothing of clients, roles or
// the realm).
const wholeRealmRole = "manage-users"

// EnsureAccount makes a confidential client with a service account that may manage the users and groups of the whole realm, and nothing
// else, and whose tokens carry exactly the audience that Keycloak's SCIM API asks for. It returns the client's secret.
func (a *Admin) EnsureAccount(ctx context.Context, realm, clientID string) (secret string, err error) {
	id, err := a.ensureClient(ctx, realm, clientID)
	if err != nil {
		return "", fmt.Errorf("client %q: %w", clientID, err)
	}
	if err := a.ensureAudience(ctx, realm, id); err != nil {
		return "", fmt.Errorf("audience of client %q: %w", clientID, err)
	}
	if err := a.ensureRole(ctx, realm, id); err != nil {
		return "", fmt.Errorf("role of client %q: %w", clientID, err)
	}
	c, err := a.client.GetClientSecret(ctx, a.token, realm, id)
	if err != nil {
		return "", fmt.Errorf("secret of client %q: %w", clientID, err)
	}
	return gocloak.PString(c.Value), nil
}

func (a *Admin) ensureClient(ctx context.Context, realm, clientID string) (string, error) {
	id, err := a.clientUUID(ctx, realm, clientID)
	if err != nil || id != "" {
		return id, err
	}
	return a.client.CreateClient(ctx, a.token, realm, gocloak.Client{
		ClientID:                  &clientID,
		Name:                      new("SCIM provisioning"),
		ServiceAccountsEnabled:    new(true),
		PublicClient:              new(false),
		StandardFlowEnabled:       new(false),
		ImplicitFlowEnabled:       new(false),
		DirectAccessGrantsEnabled: new(false),
	})
}

func (a *Admin) clientUUID(ctx context.Context, realm, clientID string) (string, error) {
	found, err := a.client.GetClients(ctx, a.token, realm, gocloak.GetClientsParams{ClientID: &clientID})
	if err != nil || len(found) == 0 {
		return "", err
	}
	return gocloak.PString(found[0].ID), nil
}

// ensureAudience: the audience follows Keycloak's frontend URL, whatever host is dialled, so it is taken from discovery.
func (a *Admin) ensureAudience(ctx context.Context, realm, id string) error {
	c, err := a.client.GetClient(ctx, a.token, realm, id)
	if err != nil {
		return err
	}
	issuer, err := a.issuer(ctx, realm)
	if err != nil {
		return err
	}
	mapper := gocloak.ProtocolMapperRepresentation{
		Name:           new("scim-audience"),
		Protocol:       new("openid-connect"),
		ProtocolMapper: new("oidc-audience-mapper"),
		Config: &map[string]string{
			"included.custom.audience": issuer + "/scim/v2",
			"access.token.claim":       "true",
		},
	}
	if c.ProtocolMappers != nil {
		for _, m := range *c.ProtocolMappers {
			if gocloak.PString(m.Name) == *mapper.Name {
				mapper.ID = m.ID
				return a.client.UpdateClientProtocolMapper(ctx, a.token, realm, id, *m.ID, mapper)
			}
		}
	}
	_, err = a.client.CreateClientProtocolMapper(ctx, a.token, realm, id, mapper)
	return err
}

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

func (a *Admin) ensureRole(ctx context.Context, realm, id string) error {
	account, err := a.client.GetClientServiceAccount(ctx, a.token, realm, id)
	if err != nil {
		return err
	}
	management, err := a.clientUUID(ctx, realm, "realm-management")
	if err != nil {
		return err
	}
	role, err := a.client.GetClientRole(ctx, a.token, realm, management, wholeRealmRole)
	if err != nil {
		return err
	}
	return a.client.AddClientRolesToUser(ctx, a.token, realm, management, *account.ID, []gocloak.Role{*role})
}
