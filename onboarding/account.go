package onboarding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/keycloak/clientkey"

	"github.com/Nerzal/gocloak/v13"
)

const (
	// wholeRealmRole is the only role of an account of a whole realm (measured on 26.7.3: it covers
	// users, groups and members, and nothing of clients, roles or the realm). docs/accounts.md
	// describes its risks.
	wholeRealmRole  = "manage-users"
	realmManagement = "realm-management"

	accountName = "SCIM provisioning"
	// marker is the client attribute that marks a client as created by this package. Accounts of
	// the first release do not have it.
	marker = "kscim.account"
)

// Kind is what an account may do in its realm.
type Kind struct {
	mark     string   // value of marker
	roles    []string // of realm-management, sorted
	scopes   []string // client scopes besides leanScopes
	audience string   // of its tokens; "": that of Keycloak's SCIM API
	place    string   // end of the audience; what is before it may change
}

var (
	// WholeRealm accounts manage all users and groups of a realm.
	WholeRealm = Kind{mark: "whole-realm", roles: []string{wholeRealmRole}}
	// OneGroup accounts reach nothing until a permission of the realm names them.
	OneGroup = Kind{mark: "one-group", roles: []string{"query-groups", "query-users"}}
)

// OAuthClient accounts have no rights in Keycloak. Their tokens have a client scope and an audience
// of another server, whose URL ends with place.
func OAuthClient(scope, audience, place string) Kind {
	return Kind{mark: oauthMark, scopes: []string{scope}, audience: audience, place: place}
}

const oauthMark = "oauth-client"

// clientScopes are those of an account, sorted.
func (k Kind) clientScopes() []string {
	return slices.Sorted(slices.Values(slices.Concat(leanScopes, k.scopes)))
}

// Account names a client of a realm, and what its service account may do.
type Account struct {
	Realm, ClientID string
	Kind            Kind
	// Key is the key that the client signs with. nil: it has a secret.
	Key *clientkey.Key
}

// Credentials are those of an account.
type Credentials struct {
	// Secret is the client's, "" if it has a key.
	Secret string
	// User is the id of the service account's user.
	User string
}

// leanScopes are the client scopes of an account: they add sub, and the claims of a service
// account.
var leanScopes = []string{"basic", "service_account"}

// defaultClients are the clients that Keycloak creates in every realm.
var defaultClients = []string{"account", "account-console", "admin-cli", "admin-permissions", "broker", realmManagement, "security-admin-console"}

// EnsureAccount creates a confidential client with a service account. Its only roles, also in its
// scope, are those of its kind, and its tokens have only the audience that Keycloak's SCIM API
// requires.
//
// If a client with this ID exists, it must be as this function creates it; otherwise it is not
// changed, and the error lists the differences. These differences are corrected: the audience, if
// the realm's issuer has changed; another key, or a secret instead of a key; rights that the first
// release granted beyond manage-users, which are removed; and a client whose creation was
// interrupted before it got its roles, which is deleted and created again with another secret.
func (a *Admin) EnsureAccount(ctx context.Context, want Account) (Credentials, error) {
	t, have, err := a.look(ctx, want)
	if err != nil {
		return Credentials{}, err
	}
	if have != nil && have.unfinished(t) {
		if err := a.client.DeleteClient(ctx, a.token, t.Realm, have.id); err != nil {
			return Credentials{}, fmt.Errorf("delete the unfinished client %q: %w", t.ClientID, err)
		}
		have = nil
	}
	if have == nil {
		return a.make(ctx, t)
	}
	if err := a.adjust(ctx, t, have); err != nil {
		return Credentials{}, fmt.Errorf("client %q: %w", t.ClientID, err)
	}
	return a.finish(ctx, t, have.id)
}

// AccountState is what CheckAccount finds.
type AccountState struct {
	// Complete reports that EnsureAccount has nothing to do.
	Complete bool
	// Exists reports that there is a client, which may be unfinished.
	Exists bool
	// User is the id of the service account's user, "" if there is none.
	User string
}

// CheckAccount reads the account. It returns the error that EnsureAccount would return before it
// changes anything. It changes nothing.
func (a *Admin) CheckAccount(ctx context.Context, want Account) (AccountState, error) {
	t, have, err := a.look(ctx, want)
	if err != nil || have == nil {
		return AccountState{}, err
	}
	_, moved := have.movedMapper(t)
	return AccountState{Exists: true, User: have.user, Complete: have.marked() && !have.unfinished(t) && !moved && have.authenticates(t)}, nil
}

// look reads the account, nil if there is none. It fails if the client is not as make creates it.
func (a *Admin) look(ctx context.Context, want Account) (*target, *account, error) {
	t, err := a.target(ctx, want)
	if err != nil {
		return nil, nil, err
	}
	have, err := a.account(ctx, t)
	if err != nil {
		return nil, nil, fmt.Errorf("client %q: %w", t.ClientID, err)
	}
	if have == nil || have.unfinished(t) {
		return t, have, nil
	}
	if d := have.differences(t); len(d) > 0 {
		return nil, nil, fmt.Errorf("client %q of realm %q exists and is not as this program creates it (%s), so it was not changed: delete it if nothing needs it, or use another client ID or realm",
			t.ClientID, t.Realm, strings.Join(d, "; "))
	}
	return t, have, nil
}

// RemoveAccount deletes the client of an account that this package created, and reports whether
// there was one. It does not change any other client, such as the OAuth client of another tenant.
func (a *Admin) RemoveAccount(ctx context.Context, named Account) (bool, error) {
	t, err := a.target(ctx, named)
	if err != nil {
		return false, err
	}
	have, err := a.account(ctx, t)
	if err != nil || have == nil || !have.marked() && len(have.differences(t)) > 0 {
		return false, err
	}
	if ours := t.Kind.mark == oauthMark; ours != (have.mark() == oauthMark) || ours && len(have.mapperDifferences(t)) > 0 {
		return false, nil
	}
	return true, a.client.DeleteClient(ctx, a.token, t.Realm, have.id)
}

// make creates the client. If a later step fails, it deletes the client again.
func (a *Admin) make(ctx context.Context, t *target) (made Credentials, err error) {
	id, err := a.client.CreateClient(ctx, a.token, t.Realm, gocloak.Client{
		ClientID:                  &t.ClientID,
		Name:                      new(accountName),
		ServiceAccountsEnabled:    new(true),
		PublicClient:              new(false),
		StandardFlowEnabled:       new(false),
		ImplicitFlowEnabled:       new(false),
		DirectAccessGrantsEnabled: new(false),
		FullScopeAllowed:          new(false),
		DefaultClientScopes:       new(t.Kind.clientScopes()),
		OptionalClientScopes:      &[]string{},
		Attributes:                &t.attributes,
		ClientAuthenticatorType:   new(t.authenticator()),
		ProtocolMappers:           &[]gocloak.ProtocolMapperRepresentation{audienceMapper(t.audience)},
	})
	if err != nil {
		return Credentials{}, fmt.Errorf("create client %q: %w", t.ClientID, err)
	}
	if err = a.grant(ctx, t, id); err == nil {
		made, err = a.finish(ctx, t, id)
	}
	if err != nil {
		undo := a.client.DeleteClient(context.WithoutCancel(ctx), a.token, t.Realm, id)
		return Credentials{}, errors.Join(fmt.Errorf("create client %q: %w", t.ClientID, err), undo)
	}
	return made, nil
}

// grant removes from the service account of the new client the default role and the default groups,
// which every new user of the realm gets, and then gives it its roles. The roles come last: an
// account without them is unfinished.
func (a *Admin) grant(ctx context.Context, t *target, id string) error {
	user, err := a.client.GetClientServiceAccount(ctx, a.token, t.Realm, id)
	if err != nil {
		return err
	}
	if err := a.dropRealmRoles(ctx, t, *user.ID); err != nil {
		return err
	}
	groups, err := a.client.GetUserGroups(ctx, a.token, t.Realm, *user.ID, gocloak.GetGroupsParams{})
	if err != nil {
		return err
	}
	for _, g := range groups {
		if err := a.client.DeleteUserFromGroup(ctx, a.token, t.Realm, *user.ID, *g.ID); err != nil {
			return err
		}
	}
	if len(t.roles) == 0 {
		return nil
	}
	if err := a.client.CreateClientScopeMappingsClientRoles(ctx, a.token, t.Realm, id, t.management, t.roles); err != nil {
		return err
	}
	return a.client.AddClientRolesToUser(ctx, a.token, t.Realm, t.management, *user.ID, t.roles)
}

// finish reads the account back, and requests a token as the proxy will.
func (a *Admin) finish(ctx context.Context, t *target, id string) (Credentials, error) {
	have, err := a.account(ctx, t)
	if err != nil {
		return Credentials{}, err
	}
	if have == nil || have.id != id {
		return Credentials{}, errors.New("the client no longer exists")
	}
	if d := have.differences(t); len(d) > 0 || !have.marked() {
		return Credentials{}, fmt.Errorf("Keycloak created it differently: %s", strings.Join(d, "; "))
	}
	if t.Key != nil {
		return Credentials{User: have.user}, a.prove(ctx, t, "")
	}
	c, err := a.client.GetClientSecret(ctx, a.token, t.Realm, id)
	if err != nil {
		return Credentials{}, fmt.Errorf("secret of client %q: %w", t.ClientID, err)
	}
	secret := gocloak.PString(c.Value)
	return Credentials{Secret: secret, User: have.user}, a.prove(ctx, t, secret)
}
