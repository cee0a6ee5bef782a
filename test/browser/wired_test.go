package browser

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// installation is the program as it is installed, with a tenant of a real Keycloak and a console.
type installation struct {
	realm      *kctest.Realm
	scim       string // base URL
	console    string
	token      string
	configFile string
}

// install starts the program. It skips the test if the program has no console yet.
func install(t *testing.T) installation {
	t.Helper()
	i := installation{realm: kctest.NewRealm(t)}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	admin := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	site := across(i.realm.Server.URL, "http://"+admin)
	i.console = site + "/console"
	token, entry := proxytest.Mint(t, "acme")
	i.token = token
	dir := t.TempDir()
	i.configFile = filepath.Join(dir, "config.yaml")
	for name, text := range map[string]string{
		"scim-secret":    i.realm.ServiceAccount("scim", "manage-users"),
		"console-secret": i.realm.WebClient("console", i.console+"/*"),
		"config.yaml": fmt.Sprintf("listen: 127.0.0.1:0\nadminListen: %q\nkeycloak: {url: %q}\nstore: {embedded: {path: store.db}}\ntenantsDir: tenants\n"+
			"console: {enabled: true, url: %q, signIn: {realm: %q, clientId: console, clientSecretFile: %q, role: scim-operator}}\n",
			admin, i.realm.Server.URL, site, i.realm.Name, filepath.Join(dir, "console-secret")),
		"tenants/acme.yaml": fmt.Sprintf("tenant: acme\nrealm: %s\nidp: entra\nserviceAccount: {clientID: scim, secretFile: ../scim-secret}\ntokens: [{id: k1, sha256: %s}]\n", i.realm.Name, entry.SHA256),
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i.realm.Person("ada", "pw-of-ada", "scim-operator")
	i.realm.Relax()
	binary := proxytest.Build(t)
	if out, code := proxytest.Run(t, binary, "config", "check", "--config", i.configFile); code != 0 && strings.Contains(out, `console`) {
		t.Skipf("the program has no console yet: %s", out)
	}
	i.scim = proxytest.StartProgram(t, binary, i.configFile).URL + "/scim/v2"
	return i
}

// provision creates a user as a provider does.
func (i installation) provision(t *testing.T, userName, displayName string) {
	t.Helper()
	body := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"displayName":%q,"active":true}`, userName, displayName)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.scim+"/Users", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/scim+json")
	r.Header.Set("Authorization", "Bearer "+i.token)
	a := i.realm.Do(r)
	if a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
}

// An operator signs in by Keycloak's page, and sees what a provider does while the page is open.
func TestOperatorWatchesAProvider(t *testing.T) {
	t.Parallel()
	i := install(t)
	b := New(t, Desktop)
	b.Open(i.console)
	b.WaitLocation(i.realm.Server.URL)
	b.SignIn("ada", "pw-of-ada", i.console)
	b.WaitFor("h1", "Tenants")
	b.WaitFor("main", "acme")
	b.Inspect("wired-tenants")
	b.Open(i.console + "/tenants/acme")
	b.WaitFor("#live-state", "by itself")
	i.provision(t, "first@example.com", hostile[1])
	b.WaitFor("#part-activity", "first@example.com")
	b.Inspect("wired-tenant")
	b.Submit("#part-activity a")
	b.WaitFor("h1", "first@example.com")
	b.WaitFor("main", "<img src=x onerror=")
	b.Inspect("wired-user")
	b.Open(i.console + "/system")
	b.WaitFor("main", i.realm.Release())
	b.Inspect("wired-system")

	b.Open(i.console + "/tenants/acme/do/token-make")
	b.Submit("main form button")
	b.WaitFor("main", "It is shown this once")
	b.Inspect("wired-token")
	b.Submit(".user button")
	b.WaitLocation(i.console + "/signed-out")
	b.Open(i.console)
	b.WaitLocation(i.realm.Server.URL)
}
