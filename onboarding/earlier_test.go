package onboarding

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// earlier creates an account as the first release did.
func (s *site) earlier(clientID string) (secret string) {
	s.t.Helper()
	secret = "s3cret-of-" + clientID
	s.ask("POST", "/clients", fmt.Sprintf(`{"clientId":%q,"name":"SCIM provisioning","secret":%q,"serviceAccountsEnabled":true,"publicClient":false,
"standardFlowEnabled":false,"implicitFlowEnabled":false,"directAccessGrantsEnabled":false}`, clientID, secret))
	s.ask("POST", "/clients/"+s.clientID(clientID)+"/protocol-mappers/models", fmt.Sprintf(
		`{"name":"scim-audience","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper","config":{"included.custom.audience":%q,"access.token.claim":"true"}}`, s.audience()))
	s.give(s.user(clientID), wholeRealmRole)
	return secret
}

func TestEarlierIsNarrowed(t *testing.T) {
	s := newSite(t)
	secret := s.earlier("scim")
	if again := s.ensure("scim"); again != secret {
		t.Error("the secret is another one")
	}
	s.wantLean("scim", secret)
	narrowed := s.state("scim")
	s.ensure("scim")
	if d := cmp.Diff(narrowed, s.state("scim"), anyOrder); d != "" {
		t.Error(d)
	}
	path, body := s.clientRole("realm-admin")
	s.ask("POST", "/users/"+s.user("scim")+"/role-mappings"+path, body)
	if got := s.as(s.Token("scim", secret), "GET", "/clients", ""); got != 403 {
		t.Errorf("its scope is still everything: %d", got)
	}
}

// An account of the first release that was changed since is refused like any other client.
func TestEarlierThatStraysIsRefused(t *testing.T) {
	s := newSite(t)
	of := *s
	for i, row := range strays {
		t.Run(row.name, func(t *testing.T) {
			s := of
			s.t = t
			name := fmt.Sprintf("scim%d", i)
			s.earlier(name)
			row.stray(&s, name)
			s.wantRefused(name, row.want)
		})
	}
}

// An account of the first release does not get its role again.
func TestEarlierWithoutTheRole(t *testing.T) {
	s := newSite(t)
	s.earlier("scim")
	path, body := s.clientRole(wholeRealmRole)
	s.ask("DELETE", "/users/"+s.user("scim")+"/role-mappings"+path, body)
	s.wantRefused("scim", "its service account does not have the role realm-management/manage-users")
}

func TestRemoveAccount(t *testing.T) {
	s := newSite(t)
	s.ensure("ours")
	s.earlier("earlier")
	s.earlier("like-earlier")
	set(`"standardFlowEnabled":true`)(s, "like-earlier")
	s.Realm.ServiceAccount("foreign", wholeRealmRole)
	for name, want := range map[string]bool{"ours": true, "earlier": true, "like-earlier": false, "foreign": false, "none": false} {
		removed, err := s.RemoveAccount(t.Context(), Account{Realm: s.Name, ClientID: name, Kind: WholeRealm})
		if err != nil || removed != want {
			t.Errorf("%s: removed %t, %v", name, removed, err)
		}
		there := string(s.ask("GET", "/clients?clientId="+name, "").Body) != "[]"
		if there != (!want && name != "none") {
			t.Errorf("%s: there %t", name, there)
		}
	}
}
