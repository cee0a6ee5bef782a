package onboarding

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wantRefused checks that EnsureAccount refuses the client with an error that has want, and does
// not change it.
func (s *site) wantRefused(clientID, want string) {
	s.t.Helper()
	before := s.state(clientID)
	_, err := s.EnsureAccount(s.t.Context(), Account{Realm: s.Name, ClientID: clientID, Kind: WholeRealm})
	switch {
	case err == nil:
		s.t.Error("adopted")
	case !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n"):
		s.t.Errorf("%v\ndoes not say in one line: %s", err, want)
	}
	if d := cmp.Diff(before, s.state(clientID), anyOrder); d != "" {
		s.t.Errorf("it was changed: %s", d)
	}
}

// set changes members of a client.
func set(members string) func(s *site, name string) {
	return func(s *site, name string) {
		s.ask("PUT", "/clients/"+s.clientID(name), `{"clientId":"`+name+`",`+members+`}`)
	}
}

// mapperOf changes the client's audience mapper; format makes the new audience from the right one.
func mapperOf(config, format string) func(s *site, name string) {
	return func(s *site, name string) {
		path := "/clients/" + s.clientID(name) + "/protocol-mappers/models"
		id := s.id(s.ask("GET", path, ""))
		s.ask("PUT", path+"/"+id, fmt.Sprintf(`{"id":%q,"name":"scim-audience","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper","config":{%s"included.custom.audience":%q,"access.token.claim":"true"}}`,
			id, config, fmt.Sprintf(format, s.audience())))
	}
}

// strays are changes that make a client with the ID of an account another client.
var strays = []struct {
	name  string
	stray func(s *site, name string)
	want  string
}{
	{"signs users in", set(`"standardFlowEnabled":true,"redirectUris":["https://evil.example.com/*"]`), `redirectUris is ["https://evil.example.com/*"]; standardFlowEnabled is true`},
	{"implicit flow", set(`"implicitFlowEnabled":true`), "implicitFlowEnabled is true"},
	{"password grant", set(`"directAccessGrantsEnabled":true`), "directAccessGrantsEnabled is true"},
	{"device grant", set(`"attributes":{"oauth2.device.authorization.grant.enabled":"true"}`), `attribute oauth2.device.authorization.grant.enabled is "true"`},
	{"CIBA", set(`"attributes":{"oidc.ciba.grant.enabled":"true"}`), `attribute oidc.ciba.grant.enabled is "true"`},
	{"token exchange", set(`"attributes":{"standard.token.exchange.enabled":"true"}`), `attribute standard.token.exchange.enabled is "true"`},
	{"a grant of the future", set(`"attributes":{"urn.new.grant":"on"}`), `attribute urn.new.grant is "on"`},
	{"authenticates by another's key", set(`"clientAuthenticatorType":"client-jwt"`), `clientAuthenticatorType is "client-jwt"`},
	{"public", set(`"publicClient":true`), "publicClient is true"},
	{"bearer-only", set(`"bearerOnly":true`), "bearerOnly is true"},
	{"disabled", set(`"enabled":false`), "enabled is false"},
	{"no service account", set(`"serviceAccountsEnabled":false`), "serviceAccountsEnabled is false"},
	{"authorization services", set(`"authorizationServicesEnabled":true`), "authorizationServicesEnabled is true"},
	{"another audience", func(s *site, name string) {
		s.ask("POST", "/clients/"+s.clientID(name)+"/protocol-mappers/models",
			`{"name":"x","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper","config":{"included.client.audience":"account","access.token.claim":"true"}}`)
	}, "its only protocol mapper is not the audience"},
	{"another audience by its own mapper", mapperOf(`"included.client.audience":"account",`, "%s"), "its only protocol mapper is not the audience"},
	{"the audience of another realm", mapperOf("", "%s/../other/scim/v2"), "its only protocol mapper is not the audience"},
	{"a mapper that adds a role", func(s *site, name string) {
		s.ask("POST", "/clients/"+s.clientID(name)+"/protocol-mappers/models",
			`{"name":"x","protocol":"openid-connect","protocolMapper":"oidc-hardcoded-role-mapper","config":{"role":"realm-management.realm-admin"}}`)
	}, "its only protocol mapper is not the audience"},
	{"administrator", func(s *site, name string) { s.give(s.user(name), "realm-admin") }, "its service account has the role realm-management/realm-admin"},
	{"a composite role", func(s *site, name string) {
		s.ask("POST", "/roles", `{"name":"`+name+`"}`)
		_, body := s.clientRole("manage-clients")
		s.ask("POST", "/roles/"+name+"/composites", body)
		s.ask("POST", "/users/"+s.user(name)+"/role-mappings/realm", "["+string(s.ask("GET", "/roles/"+name, "").Body)+"]")
	}, "its service account has the role "},
	{"in a group", func(s *site, name string) {
		group := s.id(s.ask("POST", "/groups", `{"name":"`+name+`"}`))
		s.ask("PUT", "/users/"+s.user(name)+"/groups/"+group, "")
	}, "its service account is in the group /"},
	{"more scope", func(s *site, name string) {
		path, body := s.clientRole("manage-realm")
		s.ask("POST", "/clients/"+s.clientID(name)+"/scope-mappings"+path, body)
	}, "its scope has the role realm-management/manage-realm"},
}

func TestRefused(t *testing.T) {
	s := newSite(t)
	of := *s
	for i, row := range append(slices.Clip(strays), []struct {
		name  string
		stray func(s *site, name string)
		want  string
	}{
		{"full scope", set(`"fullScopeAllowed":true`), "fullScopeAllowed is true"},
		{"less scope", func(s *site, name string) {
			path, body := s.clientRole(wholeRealmRole)
			s.ask("DELETE", "/clients/"+s.clientID(name)+"/scope-mappings"+path, body)
		}, "its scope does not have the role realm-management/manage-users"},
		{"more client scopes", func(s *site, name string) {
			s.ask("PUT", "/clients/"+s.clientID(name)+"/default-client-scopes/"+s.scope("roles"), "")
		}, `defaultClientScopes is ["`},
		{"optional client scopes", func(s *site, name string) {
			s.ask("PUT", "/clients/"+s.clientID(name)+"/optional-client-scopes/"+s.scope("offline_access"), "")
		}, `optionalClientScopes is ["offline_access"]`},
		{"somebody else's", set(`"name":"Billing","attributes":{"kscim.account":""}`), "it does not have the attribute kscim.account"},
		{"another kind of ours", set(`"attributes":{"kscim.account":"one-group"}`), `its attribute kscim.account is "one-group" and not "whole-realm"`},
	}...) {
		t.Run(row.name, func(t *testing.T) {
			s := of
			s.t = t
			name := fmt.Sprintf("scim%d", i)
			s.ensure(name)
			row.stray(&s, name)
			s.wantRefused(name, row.want)
		})
	}
}

func TestKeycloaksOwnAreRefused(t *testing.T) {
	s := newSite(t)
	for _, name := range []string{"broker", "account", "account-console", "admin-cli", "realm-management", "security-admin-console"} {
		s.wantRefused(name, "is one of Keycloak's own")
		if removed, err := s.RemoveAccount(t.Context(), Account{Realm: s.Name, ClientID: name, Kind: WholeRealm}); removed || err == nil {
			t.Errorf("%s removed: %t, %v", name, removed, err)
		}
	}
	if _, err := s.EnsureAccount(t.Context(), Account{Realm: "master", ClientID: "scim", Kind: WholeRealm}); err == nil || !strings.Contains(err.Error(), "master") {
		t.Errorf("realm master: %v", err)
	}
}

// A user who may create clients, but not map roles, prepares one that looks like an account. It
// does not get the role: with the marker it is taken for one whose creation was interrupted, and
// replaced by a client with another secret.
func TestNoRoleForAClientOfSomebodyElse(t *testing.T) {
	s := newSite(t)
	for name, extra := range map[string]string{
		"now": `"fullScopeAllowed":false,"attributes":{"kscim.account":"whole-realm"},"defaultClientScopes":["basic","service_account"],"optionalClientScopes":[]`,
		"old": `"fullScopeAllowed":true`,
	} {
		s.ask("POST", "/clients", fmt.Sprintf(`{"clientId":%q,"name":"SCIM provisioning","secret":"known","serviceAccountsEnabled":true,"publicClient":false,"standardFlowEnabled":false,%s,
"protocolMappers":[{"name":"scim-audience","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper","config":{"included.custom.audience":%q,"access.token.claim":"true"}}]}`,
			name, extra, s.audience()))
		if name == "old" {
			s.wantRefused(name, "its service account does not have the role realm-management/manage-users")
			continue
		}
		prepared := s.clientID(name)
		if secret := s.ensure(name); secret == "known" || s.clientID(name) == prepared {
			t.Error("the prepared client got the role")
		}
	}
}
