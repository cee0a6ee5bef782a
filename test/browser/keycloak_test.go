package browser

import (
	"net/url"
	"strings"
	"testing"

	"keycloak-scim-proxy/test/kctest"
)

// across returns the URL of a server on this machine by another name than that of Keycloak. So for
// browsers it is another site, as in production.
func across(keycloak, at string) string {
	from, to := "localhost", "127.0.0.1"
	if strings.Contains(keycloak, to) {
		from, to = to, from
	}
	return strings.Replace(at, from, to, 1)
}

func TestSignInThroughKeycloak(t *testing.T) {
	t.Parallel()
	r := kctest.NewRealm(t)
	app := across(r.Server.URL, serve(t, plain("<h1>Back</h1>"), "", ""))
	r.WebClient("pages", app+"/*")
	r.Person("ada", "pw-of-ada", "scim-operator")
	at := r.Server.URL + "/realms/" + r.Name + "/protocol/openid-connect/auth?" + url.Values{
		"client_id": {"pages"}, "redirect_uri": {app + "/"}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge_method": {"S256"}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "state": {"a-state"},
	}.Encode()
	b := New(t, Phone)
	if got := b.Open(at); got != 200 {
		t.Fatalf("Keycloak's page: %d", got)
	}
	b.SignIn("ada", "pw-of-ada", app)
	b.WaitFor("h1", "Back")
	if got, _ := url.Parse(b.Location()); got.Query().Get("state") != "a-state" || got.Query().Get("code") == "" {
		t.Errorf("at %s", got)
	}
	// The session in Keycloak lasts, and belongs to this tab only.
	b.Open(at)
	b.WaitLocation(app)
	other := New(t, Desktop)
	other.Open(at)
	other.WaitLocation(r.Server.URL)
}
