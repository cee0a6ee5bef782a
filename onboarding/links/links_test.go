package links_test

import (
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/links"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// An account that two users are linked to is found, wherever in the realm the users are.
func TestTwice(t *testing.T) {
	r := kctest.NewRealm(t)
	ask := func(path, body string) {
		t.Helper()
		if a := r.Admin("POST", path, body); a.Status >= 300 {
			t.Fatalf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	for _, alias := range []string{"corp", "other"} {
		ask("/identity-provider/instances", `{"alias":"`+alias+`","providerId":"oidc","config":{"clientId":"x","authorizationUrl":"https://idp.example/a","tokenUrl":"https://idp.example/t"}}`)
	}
	link := func(user, alias, id string) {
		t.Helper()
		ask("/users/"+user+"/federated-identity/"+alias, `{"userId":"`+id+`","userName":"`+id+`"}`)
	}
	ada, bob, cyd := r.NewUser("ada"), r.NewUser("bob"), r.NewUser("cyd")
	link(ada, "corp", "1")
	link(bob, "corp", "2")
	link(cyd, "other", "1")
	a, err := onboarding.Login(t.Context(), r.Server.URL, onboarding.Administrator{User: r.Server.AdminUser, Password: r.Server.AdminPassword}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if twice, whole, err := links.Twice(t.Context(), a, r.Name, "corp"); err != nil || !whole || len(twice) > 0 {
		t.Errorf("%v %t %v", twice, whole, err)
	}
	link(cyd, "corp", "2")
	twice, _, err := links.Twice(t.Context(), a, r.Name, "corp")
	if slices.Sort(twice["2"]); err != nil || len(twice) != 1 || !slices.Equal(twice["2"], []string{"bob", "cyd"}) {
		t.Errorf("%v %v", twice, err)
	}
	if s, err := links.Step(t.Context(), a, r.Name, "corp"); err != nil || s.State() != "red" || !strings.Contains(s.Findings[0].What, "bob, cyd") {
		t.Errorf("%+v %v", s, err)
	}
}
