package onboarding

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/Nerzal/gocloak/v13"
)

const (
	// wholeRealmRole is the only role of an account (measured on 26.7.3: it covers users, groups
	// and members, and nothing of clients, roles or the realm). docs/accounts.md describes its
	// risks.
	wholeRealmRole  = "manage-users"
	realmManagement = "realm-management"

	accountName = "SCIM provisioning"
	// marker is the client attribute that marks a client as created by this package. Accounts of
	// the first release do not have it.
	marker      = "kscim.account"
	markerValue = "whole-realm"
)

// leanScopes are the client scopes of an account: they add sub, and the claims of a service
// account.
var leanScopes = []string{"basic", "service_account"}

// defaultClients are the clients that Keycloak creates in every realm.
var defaultClients = []string{"account", "account-console", "admin-cli", "admin-permissions", "broker", realmManagement, "security-admin-console"}

// target has the properties of the realm that an account needs, read before anything is changed.
type target struct {
	realm, clientID string
	audience        string
	management      string // id of the client realm-management
	role            gocloak.Role
	defaultRole     string
}

// EnsureAccount creates a confidential client with a service account. Its only role, also in its
// scope, is manage-users, and its tokens have only the audience that Keycloak's SCIM API requires.
// It returns the client's secret.
//
// If a client with this ID exists, it must be as this function creates it; otherwise it is not
// changed, and the error lists the differences. Two differences are corrected: the audience, if the
// realm's issuer has changed, and rights that the first release granted beyond manage-users, which
// are removed.
func (a *Admin) EnsureAccount(ctx context.Context, realm, clientID string) (secret string, err error) {
	t, have, err := a.look(ctx, realm, clientID)
	if err != nil {
		return "", err
	}
	if have == nil {
		return a.make(ctx, t)
	}
	if err := a.adjust(ctx, t, have); err != nil {
		return "", fmt.Errorf("client %q: %w", clientID, err)
	}
	return a.finish(ctx, t, have.id)
}

// CheckAccount returns the error that EnsureAccount would return before it changes anything. It
// changes nothing.
func (a *Admin) CheckAccount(ctx context.Context, realm, clientID string) error {
	_, _, err := a.look(ctx, realm, clientID)
	return err
}

// look reads the account, nil if there is none. It fails if the client is not as make creates it.
func (a *Admin) look(ctx context.Context, realm, clientID string) (*target, *account, error) {
	t, err := a.target(ctx, realm, clientID)
	if err != nil {
		return nil, nil, err
	}
	have, err := a.account(ctx, t)
	if err != nil {
		return nil, nil, fmt.Errorf("client %q: %w", clientID, err)
	}
	if have == nil {
		return t, nil, nil
	}
	if d := have.differences(t); len(d) > 0 {
		return nil, nil, fmt.Errorf("client %q of realm %q exists and is not as this program creates it (%s), so it was not changed: delete it if nothing needs it, or use another client ID or realm",
			clientID, realm, strings.Join(d, "; "))
	}
	return t, have, nil
}

// RemoveAccount deletes the client of an account that this package created, and reports whether
// there was one. It does not change any other client.
func (a *Admin) RemoveAccount(ctx context.Context, realm, clientID string) (bool, error) {
	t, err := a.target(ctx, realm, clientID)
	if err != nil {
		return false, err
	}
	have, err := a.account(ctx, t)
	if err != nil || have == nil || !have.marked() && len(have.differences(t)) > 0 {
		return false, err
	}
	return true, a.client.DeleteClient(ctx, a.token, realm, have.id)
}

// target reads the realm. It refuses the realm master and Keycloak's own clients.
func (a *Admin) target(ctx context.Context, realm, clientID string) (*target, error) {
	if realm == "master" {
		return nil, errors.New("realm master is not for provisioning, because an account that manages its users can manage every realm: use another realm")
	}
	if slices.Contains(defaultClients, clientID) {
		return nil, fmt.Errorf("client %q is one of Keycloak's own: use another client ID", clientID)
	}
	t := &target{realm: realm, clientID: clientID}
	r, exists, err := a.Realm(ctx, realm)
	if err == nil && !exists {
		err = fmt.Errorf("realm %q does not exist", realm)
	}
	if err != nil {
		return nil, err
	}
	t.defaultRole = r.DefaultRole.Name
	issuer, err := a.issuer(ctx, realm)
	if err != nil {
		return nil, err
	}
	t.audience = issuer + audiencePath
	if t.management, err = a.clientUUID(ctx, realm, realmManagement); err != nil {
		return nil, fmt.Errorf("client %s: %w", realmManagement, err)
	}
	role, err := a.client.GetClientRole(ctx, a.token, realm, t.management, wholeRealmRole)
	if err != nil {
		return nil, fmt.Errorf("role %s of %s: %w", wholeRealmRole, realmManagement, err)
	}
	t.role = *role
	return t, nil
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

// make creates the client. If a later step fails, it deletes the client again.
func (a *Admin) make(ctx context.Context, t *target) (secret string, err error) {
	id, err := a.client.CreateClient(ctx, a.token, t.realm, gocloak.Client{
		ClientID:                  &t.clientID,
		Name:                      new(accountName),
		ServiceAccountsEnabled:    new(true),
		PublicClient:              new(false),
		StandardFlowEnabled:       new(false),
		ImplicitFlowEnabled:       new(false),
		DirectAccessGrantsEnabled: new(false),
		FullScopeAllowed:          new(false),
		DefaultClientScopes:       &leanScopes,
		OptionalClientScopes:      &[]string{},
		Attributes:                &map[string]string{marker: markerValue},
		ProtocolMappers:           &[]gocloak.ProtocolMapperRepresentation{audienceMapper(t.audience)},
	})
	if err != nil {
		return "", fmt.Errorf("create client %q: %w", t.clientID, err)
	}
	if err = a.grant(ctx, t, id); err == nil {
		secret, err = a.finish(ctx, t, id)
	}
	if err != nil {
		undo := a.client.DeleteClient(context.WithoutCancel(ctx), a.token, t.realm, id)
		return "", errors.Join(fmt.Errorf("create client %q: %w", t.clientID, err), undo)
	}
	return secret, nil
}

// grant gives the new client its role, and removes from its service account the default role and
// the default groups, which every new user of the realm gets.
func (a *Admin) grant(ctx context.Context, t *target, id string) error {
	user, err := a.client.GetClientServiceAccount(ctx, a.token, t.realm, id)
	if err != nil {
		return err
	}
	if err := a.dropRealmRoles(ctx, t, *user.ID); err != nil {
		return err
	}
	groups, err := a.client.GetUserGroups(ctx, a.token, t.realm, *user.ID, gocloak.GetGroupsParams{})
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := a.client.DeleteUserFromGroup(ctx, a.token, t.realm, *user.ID, *g.ID); err != nil {
			return err
		}
	}
	role := []gocloak.Role{t.role}
	if err := a.client.CreateClientScopeMappingsClientRoles(ctx, a.token, t.realm, id, t.management, role); err != nil {
		return err
	}
	return a.client.AddClientRolesToUser(ctx, a.token, t.realm, t.management, *user.ID, role)
}

// finish reads the account back, requests a token as the proxy will, and returns the secret.
func (a *Admin) finish(ctx context.Context, t *target, id string) (string, error) {
	have, err := a.account(ctx, t)
	if err != nil {
		return "", err
	}
	if have == nil || have.id != id {
		return "", errors.New("the client no longer exists")
	}
	if d := have.differences(t); len(d) > 0 || !have.marked() {
		return "", fmt.Errorf("Keycloak created it differently: %s", strings.Join(d, "; "))
	}
	c, err := a.client.GetClientSecret(ctx, a.token, t.realm, id)
	if err != nil {
		return "", fmt.Errorf("secret of client %q: %w", t.clientID, err)
	}
	secret := gocloak.PString(c.Value)
	return secret, a.prove(ctx, t, secret)
}
