package onboarding

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/tokens/claims"

	"github.com/google/go-cmp/cmp"
)

const person = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"active":true,"name":{"givenName":"a","familyName":"b"},"emails":[{"value":"%s@example.com"}]}`

func TestAccount(t *testing.T) {
	s := newSite(t)
	group := s.id(s.ask("POST", "/groups", `{"name":"everybody"}`))
	s.ask("PUT", "/default-groups/"+group, "")
	secret := s.ensure("scim")
	s.wantLean("scim", secret)

	have := s.state("scim")
	user := s.user("scim")
	if g := have["/users/"+user+"/groups"].([]any); len(g) > 0 {
		t.Errorf("the service account stayed in the realm's default groups: %v", g)
	}
	if roles := have["/users/"+user+"/role-mappings"].(map[string]any); roles["realmMappings"] != nil {
		t.Errorf("the service account kept realm roles: %v", roles["realmMappings"])
	}

	token := s.Token("scim", secret)
	path, admin := s.clientRole("realm-admin")
	for _, row := range []struct {
		method, path, body string
		want               int
	}{
		{"GET", "/users/profile", "", 200},
		{"GET", "/clients", "", 403},
		{"GET", "/roles", "", 403},
		{"GET", "/identity-provider/instances", "", 403},
		{"PUT", "", `{"registrationAllowed":true}`, 403},
		{"POST", "/users/" + user + "/role-mappings" + path, admin, 403},
	} {
		if r := s.as(token, row.method, row.path, row.body); r != row.want {
			t.Errorf("%s %s: %d, want %d", row.method, row.path, r, row.want)
		}
	}
}

func TestAccountProvisions(t *testing.T) {
	s := newSite(t)
	token := s.Token("scim", s.ensure("scim"))
	scim := func(method, path, body string, want int) string {
		t.Helper()
		r := s.SCIM(token, method, path, body)
		if r.Status != want {
			t.Fatalf("%s %s: %d %s", method, path, r.Status, r.Body)
		}
		var one struct{ ID string }
		_ = json.Unmarshal(r.Body, &one)
		return one.ID
	}
	patch := func(op string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + op + `]}`
	}
	ada := scim("POST", "/Users", fmt.Sprintf(person, "ada", "ada"), 201)
	group := scim("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"staff"}`, 201)
	scim("PATCH", "/Groups/"+group, patch(`{"op":"add","path":"members","value":[{"value":"`+ada+`"}]}`), 200)
	scim("GET", "/Users", "", 200)
	scim("GET", "/Users/"+ada, "", 200)
	scim("PATCH", "/Users/"+ada, patch(`{"op":"replace","path":"active","value":false}`), 200)
	if got := s.as(token, "POST", "/users/"+ada+"/logout", ""); got != 204 {
		t.Errorf("logout: %d", got)
	}
	scim("DELETE", "/Groups/"+group, "", 204)
	scim("DELETE", "/Users/"+ada, "", 204)
}

// By SCIM alone, the account gets no further rights. docs/accounts.md lists what a stolen secret
// allows.
func TestAdministratorsAreOutOfReachBySCIM(t *testing.T) {
	s := newSite(t)
	token := s.Token("scim", s.ensure("scim"))
	boss := s.id(s.ask("POST", "/users", `{"username":"boss","enabled":true}`))
	s.give(boss, "realm-admin")
	group := s.id(s.ask("POST", "/groups", `{"name":"admins"}`))
	path, body := s.clientRole("realm-admin")
	s.ask("POST", "/groups/"+group+"/role-mappings"+path, body)
	mole := s.SCIM(token, "POST", "/Users", fmt.Sprintf(person, "mole", "mole"))
	var made struct{ ID string }
	if err := json.Unmarshal(mole.Body, &made); err != nil {
		t.Fatalf("%v: %s", err, mole.Body)
	}
	patch := func(op string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + op + `]}`
	}
	for _, row := range []struct{ method, path, body string }{
		{"PATCH", "/Users/" + boss, patch(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"evil@example.com"}`)},
		{"DELETE", "/Users/" + boss, ""},
		{"PATCH", "/Groups/" + group, patch(`{"op":"add","path":"members","value":[{"value":"` + made.ID + `"}]}`)},
		{"DELETE", "/Groups/" + group, ""},
	} {
		if r := s.SCIM(token, row.method, row.path, row.body); r.Status != 403 {
			t.Errorf("%s %s: %d %s", row.method, row.path, r.Status, r.Body)
		}
	}
}

// A role that the service account gets later, by hand or by a group that it joins itself, gives its
// client no rights.
func TestScopeConfinesTheClient(t *testing.T) {
	s := newSite(t)
	secret := s.ensure("scim")
	group := s.id(s.ask("POST", "/groups", `{"name":"admins"}`))
	path, body := s.clientRole("realm-admin")
	s.ask("POST", "/groups/"+group+"/role-mappings"+path, body)
	user := s.user("scim")
	if got := s.as(s.Token("scim", secret), "PUT", "/users/"+user+"/groups/"+group, ""); got != 204 {
		t.Skipf("this Keycloak lets nobody with manage-users join a group of administrators: %d", got)
	}
	if got := s.as(s.Token("scim", secret), "GET", "/clients", ""); got != 403 {
		t.Errorf("as a member of a group of administrators the account lists clients: %d", got)
	}
}

func TestAgainChangesNothing(t *testing.T) {
	s := newSite(t)
	secret := s.ensure("scim")
	before := s.state("scim")
	s.ask("PUT", "", `{"adminEventsEnabled":true,"adminEventsDetailsEnabled":true}`)
	s.ask("DELETE", "/admin-events", "")
	if err := s.EnableSCIM(t.Context(), s.Name); err != nil {
		t.Error(err)
	}
	if again := s.ensure("scim"); again != secret {
		t.Error("the secret is another one")
	}
	if d := cmp.Diff(before, s.state("scim"), anyOrder); d != "" {
		t.Error(d)
	}
	if events := s.ask("GET", "/admin-events", ""); string(events.Body) != "[]" {
		t.Errorf("it wrote: %s", events.Body)
	}
}

func TestIssuerMoved(t *testing.T) {
	s := newSite(t)
	secret := s.ensure("scim")
	s.ask("PUT", "", `{"attributes":{"frontendUrl":"https://login.example.com"}}`)
	if again := s.ensure("scim"); again != secret {
		t.Error("the secret is another one")
	}
	c, err := decode(s.Token("scim", secret))
	if want := "https://login.example.com/realms/" + s.Name + "/scim/v2"; err != nil || !slices.Equal(c.Audience, claims.Audiences{want}) {
		t.Errorf("audience %q, %v", c.Audience, err)
	}
}

// If the account cannot be created as it must be, nothing of it is left.
func TestMakeIsUndone(t *testing.T) {
	for name, row := range map[string]struct {
		spoil func(s *site)
		want  string
	}{
		"a realm's client scope adds an audience": {func(s *site) {
			s.ask("POST", "/client-scopes/"+s.scope("basic")+"/protocol-mappers/models",
				`{"name":"more","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper","config":{"included.custom.audience":"https://billing.example.com","access.token.claim":"true"}}`)
		}, "https://billing.example.com"},
		"a realm's client scope adds a role": {func(s *site) {
			s.ask("POST", "/client-scopes/"+s.scope("basic")+"/protocol-mappers/models",
				`{"name":"more","protocol":"openid-connect","protocolMapper":"oidc-hardcoded-claim-mapper","config":{"claim.name":"realm_access","claim.value":"{\"roles\":[\"admin\"]}","jsonType.label":"JSON","access.token.claim":"true"}}`)
		}, `roles beyond ["manage-users"] ["admin"]`},
		"a realm without a client scope": {func(s *site) { s.ask("DELETE", "/client-scopes/"+s.scope("basic"), "") }, `defaultClientScopes is ["service_account"]`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			row.spoil(s)
			_, err := s.EnsureAccount(t.Context(), Account{Realm: s.Name, ClientID: "scim", Kind: WholeRealm})
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v", err)
			}
			if r := s.ask("GET", "/clients?clientId=scim", ""); string(r.Body) != "[]" {
				t.Errorf("a client was left: %s", r.Body)
			}
		})
	}
}

// A creation that was interrupted before the account got its roles is begun again.
func TestUnfinishedAccountIsCreatedAgain(t *testing.T) {
	for _, kind := range []Kind{WholeRealm, OneGroup} {
		s := newSite(t)
		want := Account{Realm: s.Name, ClientID: "scim", Kind: kind}
		first, err := s.EnsureAccount(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		client, user := s.clientID("scim"), s.user("scim")
		for _, role := range kind.roles {
			path, body := s.clientRole(role)
			s.ask("DELETE", "/users/"+user+"/role-mappings"+path, body)
		}
		s.ask("POST", "/users/"+user+"/role-mappings/realm", "["+string(s.ask("GET", "/roles/default-roles-"+s.Name, "").Body)+"]")
		if state, err := s.CheckAccount(t.Context(), want); err != nil || !state.Exists || state.Complete {
			t.Fatalf("%+v %v", state, err)
		}
		second, err := s.EnsureAccount(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		if first.Secret == second.Secret || s.clientID("scim") == client {
			t.Error("it is still the unfinished client")
		}
		if state, err := s.CheckAccount(t.Context(), want); err != nil || !state.Complete || state.User != second.User {
			t.Errorf("%+v %v", state, err)
		}
	}
}

// An account of one kind is not used as one of the other.
func TestKindsAreNotMixed(t *testing.T) {
	s := newSite(t)
	s.ensure("scim")
	_, err := s.EnsureAccount(t.Context(), Account{Realm: s.Name, ClientID: "scim", Kind: OneGroup})
	if err == nil || !strings.Contains(err.Error(), marker) {
		t.Error(err)
	}
}
