package onboarding

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/proxy/tokens/claims"

	"github.com/Nerzal/gocloak/v13"
)

const (
	mapperName = "scim-audience"
	mapperType = "oidc-audience-mapper"
	// audiencePath follows the issuer in the audience that Keycloak's SCIM API requires.
	audiencePath = "/scim/v2"
	customKey    = "included.custom.audience"
)

func audienceMapper(audience string) gocloak.ProtocolMapperRepresentation {
	return gocloak.ProtocolMapperRepresentation{
		Name:           new(mapperName),
		Protocol:       new("openid-connect"),
		ProtocolMapper: new(mapperType),
		Config:         &map[string]string{customKey: audience, "access.token.claim": "true"},
	}
}

// mappers are the client's own protocol mappers.
func (h *account) mappers() []map[string]any {
	list, _ := h.client["protocolMappers"].([]any)
	var all []map[string]any
	for _, e := range list {
		m, _ := e.(map[string]any)
		all = append(all, m)
	}
	return all
}

// isAudienceMapper reports whether a mapper adds only an audience that ends with place. The host in
// it may be any, because the issuer may have changed.
func isAudienceMapper(m map[string]any, place string) bool {
	config, _ := m["config"].(map[string]any)
	for key, value := range config {
		if key != customKey && key != "access.token.claim" && key != "introspection.token.claim" && value != "" && value != "false" {
			return false
		}
	}
	audience, _ := config[customKey].(string)
	return m["name"] == mapperName && m["protocolMapper"] == mapperType && strings.HasSuffix(audience, place)
}

// movedMapper returns the id of the audience mapper, and whether the realm's issuer has changed
// since it was created.
func (h *account) movedMapper(t *target) (id string, moved bool) {
	m := h.mappers()[0]
	config, _ := m["config"].(map[string]any)
	id, _ = m["id"].(string)
	return id, config[customKey] != t.audience
}

// prove requests a token as the proxy will and checks its audiences and roles: client scopes and
// policies of the realm can add some that the client's own settings do not show.
func (a *Admin) prove(ctx context.Context, t *target, secret string) error {
	answer, err := a.accountToken(ctx, t, secret)
	if err != nil {
		return fmt.Errorf("token of client %q: %w", t.ClientID, err)
	}
	token, err := decode(answer)
	if err != nil {
		return fmt.Errorf("token of client %q: %w", t.ClientID, err)
	}
	more := token.RealmAccess.Roles
	for _, client := range slices.Sorted(maps.Keys(token.ResourceAccess)) {
		for _, role := range token.ResourceAccess[client].Roles {
			if client != realmManagement || !slices.Contains(t.Kind.roles, role) {
				more = append(more, client+"/"+role)
			}
		}
	}
	scopes := strings.Fields(token.Scope)
	if !slices.Equal(scopes, t.Kind.scopes) && len(t.Kind.scopes) > 0 {
		return fmt.Errorf("the token of client %q has the scopes %q, but must have %q only: look at the realm's client scopes %s", t.ClientID, scopes, t.Kind.scopes, strings.Join(t.Kind.clientScopes(), " and "))
	}
	if !slices.Equal(token.Audience, claims.Audiences{t.audience}) || len(more) > 0 {
		return fmt.Errorf("the token of client %q has the audiences %q and roles beyond %q %q, but must have the audience %q only: look for a mapper in the realm's client scopes %s",
			t.ClientID, token.Audience, t.Kind.roles, more, t.audience, strings.Join(t.Kind.clientScopes(), " and "))
	}
	return nil
}

// accountToken requests an access token of the client, with its secret or its key.
func (a *Admin) accountToken(ctx context.Context, t *target, secret string) (string, error) {
	if t.Key == nil {
		answer, err := a.client.LoginClient(ctx, t.ClientID, secret, t.Realm)
		if err != nil {
			return "", err
		}
		return answer.AccessToken, nil
	}
	assertion, err := t.Key.Sign(clientkey.Assertion{Client: t.ClientID, Audience: t.issuer, ID: rand.Text(), At: time.Now()})
	if err != nil {
		return "", err
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	res, err := a.client.RestyClient().R().SetContext(ctx).SetResult(&answer).SetFormData(map[string]string{
		"grant_type": "client_credentials", "client_id": t.ClientID,
		"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": assertion,
	}).Post(a.base + "/realms/" + url.PathEscape(t.Realm) + "/protocol/openid-connect/token")
	if err == nil && res.IsError() {
		err = refused(res.StatusCode(), res.Body())
	}
	return answer.Token, err
}

// granted are the claims of a token that say what it is good for.
type granted struct {
	Audience       claims.Audiences `json:"aud"`
	RealmAccess    roles            `json:"realm_access"`
	ResourceAccess map[string]roles `json:"resource_access"`
	Scope          string           `json:"scope"`
}

type roles struct{ Roles []string }

// decode reads the claims of a token.
func decode(token string) (c granted, err error) { return c, claims.Read(token, &c) }
