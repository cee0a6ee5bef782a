package browser

import (
	"net/http"
	"strings"
	"testing"
)

// An operator signs in by Keycloak's page, sees what a provider does while the page is open, and
// makes a token, which works.
func TestOperatorWatchesAProvider(t *testing.T) {
	t.Parallel()
	i := install(t, plan{tenants: map[string]string{"acme": "idp: entra"}})
	i.start()
	b := i.operator(t, "")
	b.WaitFor("h1", "Tenants")
	b.WaitFor("main", "acme")
	b.Inspect("wired-tenants")
	b.Open(i.console + "/tenants/acme")
	b.WaitFor("#live-state", "by itself")
	i.provision(t, "acme", "first@example.com", hostile[1])
	b.WaitFor("#part-activity", "first@example.com")
	b.Inspect("wired-tenant")
	b.Submit("#part-activity a")
	b.WaitFor("h1", "first@example.com")
	b.WaitFor("main", "<img src=x onerror=")
	b.Inspect("wired-user")
	b.Open(i.console + "/system")
	b.WaitFor("main", "largest page")
	b.Inspect("wired-system")

	b.Open(i.console + "/tenants/acme/do/token-make")
	b.Submit("main form button")
	b.WaitFor("main", "It is shown this once")
	made := strings.TrimSpace(b.Text("#secret"))
	b.Inspect("wired-token")
	if a := i.scim(t, http.MethodGet, "acme", made, "/Users?count=1", ""); a.Status != http.StatusOK {
		t.Errorf("the token that was made: %d %s", a.Status, a.Body)
	}
	b.Submit(".user button")
	b.WaitLocation(i.console + "/signed-out")
	b.Open(i.console)
	b.WaitLocation(i.realm.Server.URL)
}
