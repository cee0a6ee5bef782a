package browser

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"

	"keycloak-scim-proxy/console"
	"keycloak-scim-proxy/console/signin"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/test/kctest"
)

// operators is a console whose operators sign in with a real Keycloak, at another site.
type operators struct {
	realm *kctest.Realm
	url   string
	gate  *signin.OIDC
	ada   string // the id of the user

	mu    sync.Mutex
	ahead time.Duration
}

func (o *operators) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Add(o.ahead)
}

// later puts the clock of the console forward.
func (o *operators) later(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ahead += d
}

// newOperators makes a realm with the operator ada and with eve, who is none.
func newOperators(t *testing.T) *operators {
	t.Helper()
	o := &operators{realm: kctest.NewRealm(t)}
	engine, err := embedded.Open(filepath.Join(t.TempDir(), "store.db"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	var c *console.Console // once its URL is known
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.Handler().ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	o.url = across(o.realm.Server.URL, s.URL)
	secret := o.realm.WebClient("console", o.url+"/console/*")
	o.ada = o.realm.Person("ada", "pw-of-ada", "scim-operator")
	o.realm.Person("eve", "pw-of-eve")
	o.gate, err = signin.New(signin.Options{
		Space: engine.Open(signin.SpaceName), Keycloak: o.realm.Server.URL, Realm: o.realm.Name, Transport: http.DefaultTransport,
		URL: o.url, ClientID: "console", Secret: func() (string, error) { return secret, nil }, Role: "scim-operator", Now: o.now,
		Note: func(what string, err error) { t.Log(what, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = console.New(console.Options{Backend: newBackend(), Gate: o.gate, URL: o.url, Now: o.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return o
}

// signIn opens a page of the console and signs in.
func (o *operators) signIn(t *testing.T, b *Tab, name string) {
	t.Helper()
	b.Open(o.url + "/console/system")
	b.WaitLocation(o.realm.Server.URL)
	b.SignIn(name, "pw-of-"+name, o.url)
}

// sessionCookie returns the cookie of a session of the console, or nil.
func sessionCookie(b *Tab) *Cookie {
	for _, c := range b.Cookies() {
		if strings.HasSuffix(c.Name, "console") {
			return c
		}
	}
	return nil
}

func TestOperatorSignsInAndOut(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	b := New(t, Desktop)
	o.signIn(t, b, "ada")
	b.WaitFor(".user", "ada")
	if got := b.Location(); got != o.url+"/console/system" {
		t.Errorf("at %s", got)
	}
	b.Inspect("signed-in")
	if c := sessionCookie(b); c == nil || !c.HTTPOnly || c.SameSite != network.CookieSameSiteStrict {
		t.Errorf("cookie %+v", c)
	}
	beside := b.Beside()
	beside.Open(o.url + "/console/system")
	beside.WaitFor(".user", "ada")

	b.Submit(".user button")
	b.WaitFor("h1", "You are signed out")
	b.WaitLocation(o.url + "/console/signed-out")
	b.Inspect("signed-out")
	// Keycloak's own session has ended too, also for the other tab.
	beside.Reload()
	beside.WaitLocation(o.realm.Server.URL)
	beside.WaitFor("#kc-login", "")
}

func TestUserWithoutTheRoleIsRefused(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	b := New(t, Phone)
	o.signIn(t, b, "eve")
	b.WaitFor("h1", "You may not use this console")
	b.Inspect("no-role")
	if sessionCookie(b) != nil {
		t.Error("there is a session")
	}
	b.Open(o.url + "/console/system")
	b.WaitFor("h1", "You may not use this console") // Keycloak's session lasts
	b.Submit("main a.button")
	b.WaitLocation(o.realm.Server.URL) // Keycloak asks for another user
}

// A session that an attacker planted in the browser is not used after the sign-in, and ends.
func TestSignInMakesANewSession(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	o.realm.Person("mallory", "pw-of-mallory", "scim-operator")
	attacker, b := New(t, Desktop), New(t, Desktop)
	o.signIn(t, attacker, "mallory")
	attacker.WaitFor(".user", "mallory")
	planted := sessionCookie(attacker)
	b.SetCookie(o.url, planted.Name, planted.Value, "/console") // of two of a name, none is taken
	b.Open(o.url + "/console/system")
	b.WaitFor(".user", "mallory")
	b.Open(o.url + o.gate.Start("/console/system"))
	b.SignIn("ada", "pw-of-ada", o.url)
	b.WaitLocation(o.url + "/console/system")
	b.WaitFor(".user", "ada")
	stolen := New(t, Desktop)
	stolen.SetCookie(o.url, planted.Name, planted.Value, "/console")
	stolen.Open(o.url + "/console/system")
	stolen.WaitLocation(o.realm.Server.URL)
}

// A sign-in that was begun in another browser is refused: an attacker cannot sign people in as the
// attacker.
func TestSignInOfAnotherBrowserIsRefused(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	attacker, b := New(t, Desktop), New(t, Desktop)
	attacker.Open(o.url + "/console/system")
	attacker.WaitLocation(o.realm.Server.URL)
	q, err := url.Parse(attacker.Location())
	if err != nil {
		t.Fatal(err)
	}
	b.Open(o.url + "/console/signin/callback?code=of-the-attacker&state=" + url.QueryEscape(q.Query().Get("state")))
	b.WaitFor("h1", "This sign-in is over")
	b.Inspect("sign-in-over")
	if sessionCookie(b) != nil {
		t.Error("there is a session")
	}
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	o := newOperators(t)
	b := New(t, Desktop)
	o.signIn(t, b, "ada")
	b.WaitFor(".user", "ada")
	before := sessionCookie(b).Value
	o.later(signin.Idle + time.Minute)
	b.Reload()
	b.WaitFor(".user", "ada") // by Keycloak's own session
	b.WaitLocation(o.url + "/console/system")
	if sessionCookie(b).Value == before {
		t.Error("an idle session was used")
	}
	o.realm.DropRole(o.ada, "scim-operator")
	o.later(signin.CheckAge + time.Minute)
	b.Reload()
	b.WaitFor("h1", "You may not use this console")
}
