package browser

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// plan is what an installation has.
type plan struct {
	// tenants are the texts of tenants' files, after the lines that all have, by name.
	tenants map[string]string
	// redis is the address of the store; "": a file.
	redis string
	// open has no sign-in.
	open bool
	// realm is the realm of the tenants and operators; "": a new one with a random name.
	realm *kctest.Realm
	// publicURL is the one that pages show; "": that at which they are.
	publicURL string
}

// installation is the program as it is installed, with tenants of a real Keycloak, a console and
// set-up links.
type installation struct {
	t             testing.TB
	realm         *kctest.Realm
	dir           string
	public, admin string            // URLs
	console       string            // URL
	tokens        map[string]string // of tenants, by name
}

// the program, built once for all tests.
var built struct {
	once   sync.Once
	dir    string
	binary string
}

// builder removes what was built after the tests have run.
type builder struct{ Runner }

// Run returns the exit code of the tests.
func (b builder) Run() int {
	code := b.Runner.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	return code
}

func program(t testing.TB) string {
	t.Helper()
	built.once.Do(func() {
		dir, err := os.MkdirTemp("", "browser")
		if err != nil {
			t.Fatal(err)
		}
		built.dir = dir
		from := proxytest.Build(t)
		built.binary = filepath.Join(dir, filepath.Base(from))
		if err := os.Rename(from, built.binary); err != nil {
			t.Fatal(err)
		}
	})
	if built.binary == "" {
		t.Fatal("the program could not be built")
	}
	return built.binary
}

func freeAddress(t testing.TB) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(redisserver.FreePort(t)))
}

// install makes an installation without a running program. Browsers are at other sites than
// Keycloak.
func install(t testing.TB, p plan) *installation {
	t.Helper()
	if p.realm == nil {
		p.realm = kctest.NewRealm(t)
	}
	i := &installation{t: t, realm: p.realm, dir: t.TempDir(), tokens: map[string]string{}}
	public, admin := freeAddress(t), freeAddress(t)
	i.realm.Relax()
	i.public, i.admin = across(i.realm.Server.URL, "http://"+public), across(i.realm.Server.URL, "http://"+admin)
	i.console = i.admin + "/console"
	i.write("scim-secret", i.realm.ServiceAccount("scim", "manage-users"))
	signIn := "{off: true}"
	if !p.open {
		i.write("console-secret", i.realm.WebClient("console", i.console+"/*"))
		i.realm.Person("ada", "pw-of-ada", "scim-operator")
		signIn = fmt.Sprintf("{realm: %q, clientID: console, secretFile: console-secret}", i.realm.Name)
	}
	store := "{embedded: {path: store.db}}"
	if p.redis != "" {
		store = fmt.Sprintf("{redis: {addresses: [%q]}}", p.redis)
	}
	i.write("config.yaml", fmt.Sprintf("listen: %q\nadminListen: %q\npublicURL: %q\nkeycloak: {url: %q}\nstore: %s\ntenantsDir: tenants\nlimits: {%s}\n"+
		"setupLinks: {enabled: true}\nconsole: {enabled: true, url: %q, signIn: %s}\n",
		public, admin, cmp.Or(p.publicURL, i.public), i.realm.Server.URL, store, proxytest.UnlimitedText, i.admin, signIn))
	if err := os.Mkdir(filepath.Join(i.dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range p.tenants {
		token, entry := proxytest.Mint(t, name)
		i.tokens[name] = token
		i.write("tenants/"+name+".yaml", fmt.Sprintf("tenant: %s\nrealm: %s\nserviceAccount: {clientID: scim, secretFile: ../scim-secret}\ntokens: [{id: k1, sha256: %s}]\n%s\n",
			name, i.realm.Name, entry.SHA256, text))
	}
	return i
}

// write writes a file of the installation.
func (i *installation) write(name, text string) {
	i.t.Helper()
	file := filepath.Join(i.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		i.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		i.t.Fatal(err)
	}
}

func (i *installation) config() string { return filepath.Join(i.dir, "config.yaml") }

// start starts the program. It ends with the test.
func (i *installation) start() *proxytest.Program {
	i.t.Helper()
	return proxytest.StartProgram(i.t, program(i.t), i.config())
}

// replica starts the program with the same configuration at other addresses.
func (i *installation) replica(public, admin string) *proxytest.Program {
	i.t.Helper()
	text, err := os.ReadFile(i.config())
	if err != nil {
		i.t.Fatal(err)
	}
	lines := strings.SplitN(string(text), "\n", 3)
	name := "replica-" + public[strings.LastIndexByte(public, ':')+1:] + ".yaml"
	i.write(name, fmt.Sprintf("listen: %q\nadminListen: %q\n%s", public, admin, lines[2]))
	return proxytest.StartProgram(i.t, program(i.t), filepath.Join(i.dir, name))
}

// operator opens a page of the console as ada.
func (i *installation) operator(t testing.TB, path string) *Tab {
	t.Helper()
	b := New(t, Desktop)
	b.Open(i.console + path)
	b.WaitLocation(i.realm.Server.URL)
	b.SignIn("ada", "pw-of-ada", i.console)
	b.WaitFor(".user", "ada")
	return b
}

// scim sends a request of a provider.
func (i *installation) scim(t testing.TB, method, tenant, token, path, body string) kctest.Reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, i.public+"/tenants/"+tenant+"/scim/v2"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/scim+json")
	r.Header.Set("Authorization", "Bearer "+token)
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return kctest.Reply{Status: a.StatusCode, Header: a.Header, Body: text}
}

// provision creates a user as a provider does.
func (i *installation) provision(t testing.TB, tenant, userName, displayName string) {
	t.Helper()
	if a := i.scim(t, http.MethodPost, tenant, i.tokens[tenant], "/Users", person(userName, displayName)); a.Status != http.StatusCreated {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
}

func person(userName, displayName string) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"displayName":%q,"active":true}`, userName, displayName)
}
