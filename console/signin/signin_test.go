package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc/oidctest"
	"golang.org/x/oauth2"

	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/console/page/pagetest"
	"keycloak-scim-proxy/console/signin"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// frontend is the issuer of the fake Keycloak: not the URL at which the proxy reaches it.
const frontend = "https://login.example.com/realms/ops"

// keycloak is a realm, as far as sign-in needs it.
type keycloak struct {
	t   *testing.T
	now func() time.Time
	key *ecdsa.PrivateKey

	mu        sync.Mutex
	down      bool
	refuse    bool           // refresh tokens
	exchanged int            // codes
	refreshed int            // tokens
	challenge string         // of the last sign-in
	id        map[string]any // what is different in the ID token
	access    map[string]any // and in the access token
	nonce     string
	signed    *ecdsa.PrivateKey
}

func (k *keycloak) sign(claims, other map[string]any) string {
	maps.Copy(claims, other)
	text, err := json.Marshal(claims)
	if err != nil {
		k.t.Error(err)
	}
	return oidctest.SignIDToken(k.signed, "k1", "ES256", string(text))
}

func (k *keycloak) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	path, ours := strings.CutPrefix(r.URL.Path, "/realms/ops")
	switch {
	case k.down:
		w.WriteHeader(http.StatusBadGateway)
	case !ours:
		http.NotFound(w, r)
	case path == "/.well-known/openid-configuration":
		_ = json.NewEncoder(w).Encode(map[string]string{
			"issuer": frontend, "authorization_endpoint": frontend + "/protocol/openid-connect/auth",
			"end_session_endpoint": frontend + "/protocol/openid-connect/logout", "token_endpoint": frontend + "/not/for/the/proxy",
		})
	case path == "/protocol/openid-connect/certs":
		s := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: k.key.Public(), KeyID: "k1", Algorithm: "ES256"}}}
		r.URL.Path = "/keys"
		s.ServeHTTP(w, r)
	case path == "/protocol/openid-connect/token":
		k.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (k *keycloak) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(why string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"error":%q,"error_description":"x"}`, why)
	}
	if user, password, _ := r.BasicAuth(); user != "console" || password != "hush" {
		refuse("invalid_client")
		return
	}
	switch r.PostFormValue("grant_type") {
	case "refresh_token":
		k.refreshed++
		if k.refuse {
			refuse("invalid_grant")
			return
		}
	case "authorization_code":
		k.exchanged++
		if r.PostFormValue("code") != "good" || oauth2.S256ChallengeFromVerifier(r.PostFormValue("code_verifier")) != k.challenge {
			refuse("invalid_grant")
			return
		}
	}
	ends := k.now().Add(time.Minute).Unix()
	id := k.sign(map[string]any{"iss": frontend, "aud": "console", "azp": "console", "typ": "ID", "sub": "u1", "exp": ends, "nonce": k.nonce, "preferred_username": "ada"}, k.id)
	access := k.sign(map[string]any{"iss": frontend, "aud": "account", "azp": "console", "typ": "Bearer", "sub": "u1", "exp": ends, "realm_access": map[string]any{"roles": []string{"scim-operator"}}}, k.access)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": access, "id_token": id, "refresh_token": "r", "token_type": "Bearer", "expires_in": 60})
}

// world is a gate with its Keycloak, and a page that needs a session.
type world struct {
	t        *testing.T
	keycloak *keycloak
	gate     *signin.OIDC
	other    *signin.OIDC // a second replica
	space    store.Space
	server   *httptest.Server
	notes    []string // what went wrong
	told     []string

	mu sync.Mutex
	at time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, at: time.Unix(1_800_000_000, 0)}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w.keycloak = &keycloak{t: t, now: w.now, key: key, signed: key}
	k := httptest.NewServer(w.keycloak)
	t.Cleanup(k.Close)
	w.open(k.URL+"/", "ops")
	return w
}

// open makes two gates for a realm, and the pages.
func (w *world) open(keycloak, realm string) {
	w.t.Helper()
	t := w.t
	engine, err := embedded.Open(filepath.Join(t.TempDir(), "store.db"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	w.space = engine.Open(signin.SpaceName)
	mux := http.NewServeMux()
	w.server = httptest.NewTLSServer(mux)
	t.Cleanup(w.server.Close)
	gate := func() *signin.OIDC {
		g, err := signin.New(signin.Options{
			Space: w.space, Keycloak: keycloak, Realm: realm, Transport: http.DefaultTransport, URL: w.server.URL, ClientID: "console",
			Secret: func() (string, error) { return "hush", nil }, Role: "scim-operator", Now: w.now,
			Note: func(what string, err error) { w.notes = append(w.notes, fmt.Sprint(what, " ", err)) },
			Tell: func(what string) { w.told = append(w.told, what) },
		})
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	w.gate, w.other = gate(), gate()
	for pattern, h := range w.gate.Routes() {
		mux.Handle(pattern, h)
	}
	mux.HandleFunc("GET /console", func(rw http.ResponseWriter, r *http.Request) {
		s, err := w.gate.Session(rw, r, r.URL.Query().Get("passive") == "")
		if err != nil {
			http.Error(rw, err.Error(), http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(rw, s.Name+" "+page.Forms{Secret: s.Secret, Now: w.now}.Token(w.gate.Out()))
	})
}

// browser keeps cookies and follows no redirect.
func (w *world) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	c := *w.server.Client()
	c.Jar, c.CheckRedirect = jar, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &c
}

// reply is an answer whose body was read.
type reply struct {
	StatusCode int
	Header     http.Header
}

func (r reply) Cookies() []*http.Cookie { return (&http.Response{Header: r.Header}).Cookies() }

func (r reply) Location() (*url.URL, error) { return url.Parse(r.Header.Get("Location")) }

func (w *world) do(c *http.Client, method, path string, form url.Values) (reply, string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header}, string(text)
}

// begin starts a sign-in and returns the URL of Keycloak that the browser is sent to.
func (w *world) begin(c *http.Client, back string) url.Values {
	w.t.Helper()
	res, text := w.do(c, http.MethodGet, w.gate.Start(back), nil)
	to, err := res.Location()
	if res.StatusCode != http.StatusSeeOther || err != nil || !strings.HasPrefix(to.String(), frontend+"/protocol/openid-connect/auth?") {
		w.t.Fatalf("%d %v %v %s", res.StatusCode, to, err, text)
	}
	q := to.Query()
	w.keycloak.mu.Lock()
	defer w.keycloak.mu.Unlock()
	w.keycloak.nonce, w.keycloak.challenge = q.Get("nonce"), q.Get("code_challenge")
	return q
}

func (w *world) finish(c *http.Client, q url.Values) (reply, string) {
	w.t.Helper()
	return w.do(c, http.MethodGet, "/console/signin/callback?iss="+url.QueryEscape(frontend)+"&code=good&state="+url.QueryEscape(q.Get("state")), nil)
}

// signedIn is a browser with a session.
func (w *world) signedIn() *http.Client {
	w.t.Helper()
	c := w.browser()
	if res, text := w.finish(c, w.begin(c, "/console")); res.StatusCode != 200 {
		w.t.Fatalf("%d %s", res.StatusCode, text)
	}
	return c
}

func (w *world) sees(c *http.Client, want int) string {
	w.t.Helper()
	res, text := w.do(c, http.MethodGet, "/console", nil)
	if res.StatusCode != want {
		w.t.Errorf("%d %s, want %d", res.StatusCode, text, want)
	}
	return text
}

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	c := w.browser()
	w.sees(c, 401)
	q := w.begin(c, "/console/tenants/acme?after=x")
	if q.Get("redirect_uri") != w.server.URL+"/console/signin/callback" || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "openid" || q.Get("response_type") != "code" {
		t.Error(q)
	}
	res, text := w.finish(c, q)
	if res.StatusCode != 200 || res.Header.Get("Refresh") != "0; url=/console/tenants/acme?after=x" {
		t.Fatalf("%d %v %s", res.StatusCode, res.Header, text)
	}
	i := slices.IndexFunc(res.Cookies(), func(c *http.Cookie) bool { return c.Name == "__Host-kscim-console" })
	if i < 0 {
		t.Fatal(res.Cookies())
	}
	if got := res.Cookies()[i]; !got.HttpOnly || !got.Secure || got.SameSite != http.SameSiteStrictMode || got.Path != "/" || got.Domain != "" {
		t.Errorf("%+v", got)
	}
	if got := w.sees(c, 200); !strings.HasPrefix(got, "ada ") {
		t.Error(got)
	}
	ids, err := w.space.Scan(t.Context(), "", 10)
	if err != nil || len(ids) != 2 || strings.Contains(strings.Join(ids, " "), res.Cookies()[i].Value) {
		t.Errorf("%v %v", ids, err)
	}
	if res, _ := w.finish(c, q); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the same callback twice: %d", res.StatusCode)
	}
}

// A session that the browser had before the sign-in is not the one after it, and ends.
func TestFixation(t *testing.T) {
	w := newWorld(t)
	c := w.signedIn()
	at, _ := url.Parse(w.server.URL + "/console")
	before := c.Jar.Cookies(at)
	victim := w.browser()
	victim.Jar.SetCookies(at, before)
	if res, text := w.finish(victim, w.begin(victim, "/console")); res.StatusCode != 200 {
		t.Fatal(text)
	}
	if slices.EqualFunc(before, victim.Jar.Cookies(at), func(a, b *http.Cookie) bool { return a.Value == b.Value }) {
		t.Error("the session has the cookie that was there before")
	}
	w.sees(victim, 200)
	w.sees(c, 401)
	// A value that an attacker chose does not become one.
	chosen := w.browser()
	chosen.Jar.SetCookies(at, []*http.Cookie{{Name: "__Host-kscim-console", Value: "chosen", Secure: true, Path: "/"}})
	if res, text := w.finish(chosen, w.begin(chosen, "/console")); res.StatusCode != 200 || strings.Contains(fmt.Sprint(chosen.Jar.Cookies(at)), "chosen") {
		t.Errorf("%d %s", res.StatusCode, text)
	}
}

// A browser that sends two sessions, because another site of the host has added one, has none: it
// is not known which is its own.
func TestTwoCookies(t *testing.T) {
	w := newWorld(t)
	mine, other := w.signedIn(), w.signedIn()
	at, _ := url.Parse(w.server.URL + "/console")
	for _, first := range []*http.Client{mine, other} {
		r := httptest.NewRequest(http.MethodGet, "/console", nil)
		for _, c := range append(first.Jar.Cookies(at), mine.Jar.Cookies(at)...) {
			r.AddCookie(c)
		}
		if s, err := w.gate.Session(nil, r, true); !errors.Is(err, signin.ErrNone) {
			t.Errorf("%s %v", s.Name, err)
		}
	}
	w.sees(mine, 200)
	c := w.browser()
	q := w.begin(c, "/console")
	r := httptest.NewRequest(http.MethodGet, w.server.URL+"/console/signin/callback?code=good&state="+url.QueryEscape(q.Get("state")), nil)
	for _, c := range append(c.Jar.Cookies(at), c.Jar.Cookies(at)...) {
		r.AddCookie(c)
	}
	got := httptest.NewRecorder()
	w.gate.Routes()["GET /console/signin/callback"].ServeHTTP(got, r)
	if got.Code != http.StatusBadRequest || strings.Contains(fmt.Sprint(got.Header()), "kscim-console=") {
		t.Errorf("a callback: %d %v", got.Code, got.Header())
	}
	if res, text := w.finish(c, q); res.StatusCode != 200 {
		t.Errorf("the same with one cookie: %d %s", res.StatusCode, text)
	}
}

// A callback is accepted once, in the browser that began the sign-in, in time, and with tokens that
// Keycloak signed for this client, user and sign-in.
func TestRefusedCallbacks(t *testing.T) {
	w := newWorld(t)
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	none := map[string]any{"realm_access": map[string]any{"roles": []string{"other"}}}
	for name, c := range map[string]struct {
		change func(k *keycloak, q url.Values, c *http.Client)
		want   int
		says   string
	}{
		"another browser": {func(_ *keycloak, _ url.Values, c *http.Client) { c.Jar, _ = cookiejar.New(nil) }, 400, "not begun in this browser"},
		"another state":   {func(_ *keycloak, q url.Values, _ *http.Client) { q.Set("state", "x") }, 400, "not begun in this browser"},
		"no state":        {func(_ *keycloak, q url.Values, _ *http.Client) { q.Del("state") }, 400, "not begun in this browser"},
		"late":            {func(*keycloak, url.Values, *http.Client) { w.later(11 * time.Minute) }, 400, "10 minutes"},
		"other nonce":     {func(k *keycloak, _ url.Values, _ *http.Client) { k.nonce = "x" }, 503, "cannot be used"},
		"no nonce":        {func(k *keycloak, _ url.Values, _ *http.Client) { k.nonce = "" }, 503, "cannot be used"},
		"other verifier":  {func(k *keycloak, _ url.Values, _ *http.Client) { k.challenge = "x" }, 503, "cannot be used"},
		"forged":          {func(k *keycloak, _ url.Values, _ *http.Client) { k.signed = foreign }, 503, "cannot be used"},
		"other issuer":    {func(k *keycloak, _ url.Values, _ *http.Client) { k.id["iss"] = "https://evil.example.com" }, 503, "cannot be used"},
		"other audience":  {func(k *keycloak, _ url.Values, _ *http.Client) { k.id["aud"] = "other" }, 503, "cannot be used"},
		"other party": {func(k *keycloak, _ url.Values, _ *http.Client) {
			k.id["aud"], k.id["azp"] = []string{"console", "x"}, "x"
		}, 503, "cannot be used"},
		"an access token as ID token": {func(k *keycloak, _ url.Values, _ *http.Client) { k.id["typ"] = "Bearer" }, 503, "cannot be used"},
		"expired":                     {func(k *keycloak, _ url.Values, _ *http.Client) { k.id["exp"] = 1 }, 503, "cannot be used"},
		"other subject":               {func(k *keycloak, _ url.Values, _ *http.Client) { k.access["sub"] = "u2" }, 503, "cannot be used"},
		"other client's access token": {func(k *keycloak, _ url.Values, _ *http.Client) { k.access["azp"] = "x" }, 503, "cannot be used"},
		"no role":                     {func(k *keycloak, _ url.Values, _ *http.Client) { k.access = none }, 403, "the realm role scim-operator in the realm ops"},
		"role in the ID token": {func(k *keycloak, _ url.Values, _ *http.Client) {
			k.access, k.id["realm_access"] = none, map[string]any{"roles": []string{"scim-operator"}}
		}, 200, "Go on"},
		"down": {func(k *keycloak, _ url.Values, _ *http.Client) { k.down = true }, 503, "cannot be used"},
	} {
		browser := w.browser()
		w.keycloak.mu.Lock()
		w.keycloak.id, w.keycloak.access, w.keycloak.signed, w.keycloak.down = map[string]any{}, map[string]any{}, w.keycloak.key, false
		w.keycloak.mu.Unlock()
		q := w.begin(browser, "/console")
		w.keycloak.mu.Lock()
		c.change(w.keycloak, q, browser)
		w.keycloak.mu.Unlock()
		res, text := w.finish(browser, q)
		if res.StatusCode != c.want || !strings.Contains(text, c.says) {
			t.Errorf("%s: %d %s", name, res.StatusCode, text)
		}
		if c.want != 200 {
			w.sees(browser, 401)
		}
	}
	browser := w.browser()
	w.keycloak.down = false
	q := w.begin(browser, "/console")
	res, text := w.do(browser, http.MethodGet, "/console/signin/callback?code=good&state="+q.Get("state")+"&iss=https://evil.example.com", nil)
	if res.StatusCode != 503 {
		t.Errorf("another issuer's answer: %d %s", res.StatusCode, text)
	}
	q = w.begin(browser, "/console")
	res, text = w.do(browser, http.MethodGet, "/console/signin/callback?error=access_denied%3Cscript%3E&state="+q.Get("state"), nil)
	if res.StatusCode != 403 || !strings.Contains(text, "access_denied&lt;script&gt;") {
		t.Errorf("an error: %d %s", res.StatusCode, text)
	}
}

// While Keycloak is down, the sign-in says so.
func TestKeycloakDown(t *testing.T) {
	w := newWorld(t)
	w.keycloak.down = true
	res, text := w.do(w.browser(), http.MethodGet, w.gate.Start("/console"), nil)
	if res.StatusCode != 503 || !strings.Contains(text, "Sign-in does not work now") || res.Header.Get("Retry-After") == "" || len(w.notes) != 1 {
		t.Errorf("%d %s %v", res.StatusCode, text, w.notes)
	}
	pagetest.Check(t, "down", text)
}

// The way back leads to a page of the console.
func TestWayBack(t *testing.T) {
	w := newWorld(t)
	for back, want := range map[string]string{
		"/console/tenants/a%2Fb?x=1": "/console/tenants/a%2Fb?x=1", "": "/console", "/": "/console", "https://evil.example.com/console/": "/console",
		"//evil.example.com/console/": "/console", `/\evil.example.com`: "/console", "/consoles": "/console", "/console/../metrics": "/console",
		"/console/%2e%2e/metrics": "/console", "javascript:alert(1)": "/console", "/console\r\nSet-Cookie: a=b": "/console", "/console/signin": "/console",
		"/console/signout": "/console", "//console/x": "/console", "/console/" + strings.Repeat("x", 2000): "/console", "/console#x": "/console",
	} {
		c := w.browser()
		q := w.begin(c, "/console")
		_ = q
		res, _ := w.do(c, http.MethodGet, "/console/signin?back="+url.QueryEscape(back), nil)
		to, err := res.Location()
		if err != nil {
			t.Fatal(err)
		}
		w.keycloak.nonce, w.keycloak.challenge = to.Query().Get("nonce"), to.Query().Get("code_challenge")
		if res, _ := w.finish(c, to.Query()); res.Header.Get("Refresh") != "0; url="+want {
			t.Errorf("%q: %q, want %q", back, res.Header.Get("Refresh"), want)
		}
	}
}

func TestEndOfSessions(t *testing.T) {
	w := newWorld(t)
	idle := w.signedIn()
	w.later(signin.Idle)
	w.sees(idle, 200)
	for range 3 { // an open page alone does not count
		w.later(11 * time.Minute)
		w.do(idle, http.MethodGet, "/console?passive=1", nil)
	}
	w.sees(idle, 401)

	long := w.signedIn()
	for passed := time.Duration(0); passed < signin.Longest; passed += 20 * time.Minute {
		w.sees(long, 200)
		w.later(20 * time.Minute)
	}
	w.later(time.Second)
	w.sees(long, 401)
}

// A session ends when Keycloak ends it or takes the role, and lasts a little while Keycloak is
// down.
func TestKeycloakEndsSessions(t *testing.T) {
	w := newWorld(t)
	ended, demoted := w.signedIn(), w.signedIn()
	w.later(signin.CheckAge + time.Second)
	w.keycloak.refuse = true
	w.sees(ended, 401)
	w.keycloak.refuse = false
	w.sees(ended, 401)
	w.sees(demoted, 200)
	before := w.keycloak.refreshed
	w.sees(demoted, 200)
	if w.keycloak.refreshed != before {
		t.Error("a session is checked at each request")
	}
	w.later(signin.CheckAge + time.Second)
	w.keycloak.access = map[string]any{"realm_access": map[string]any{}}
	w.sees(demoted, 401)

	w.keycloak.access = nil
	down := w.signedIn()
	w.later(signin.CheckAge + time.Second)
	w.keycloak.down = true
	w.sees(down, 200)
	w.later(11 * time.Minute)
	if got := w.sees(down, 401); !strings.Contains(got, "Keycloak does not answer") {
		t.Error(got)
	}
	w.keycloak.down = false
	w.later(time.Minute)
	w.sees(down, 200)
}

// A form is carried out once, also if it is sent to two replicas.
func TestUse(t *testing.T) {
	w := newWorld(t)
	c := w.signedIn()
	at, _ := url.Parse(w.server.URL + "/console")
	r := httptest.NewRequest(http.MethodGet, "/console", nil)
	for _, cookie := range c.Jar.Cookies(at) {
		r.AddCookie(cookie)
	}
	s, err := w.other.Session(nil, r, true)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	results := make(chan error, 20)
	for i := range 20 {
		gate := w.gate
		if i%2 == 0 {
			gate = w.other
		}
		wg.Go(func() { results <- gate.Use(t.Context(), s, "form") })
	}
	wg.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
		}
	}
	if done != 1 {
		t.Errorf("carried out %d times", done)
	}
	if err := w.gate.Use(t.Context(), s, "form2"); err != nil {
		t.Error(err)
	}
	if err := w.gate.Use(t.Context(), signin.Session{Key: "s.none"}, "form"); err == nil {
		t.Error("no session")
	}
}

func TestSignOut(t *testing.T) {
	w := newWorld(t)
	c, other := w.signedIn(), w.signedIn()
	token := func(c *http.Client) string {
		_, token, _ := strings.Cut(w.sees(c, 200), " ")
		return token
	}
	for name, value := range map[string]string{"none": "", "another session's": token(other)} {
		if res, _ := w.do(c, http.MethodPost, "/console/signout", url.Values{page.TokenField: {value}}); res.StatusCode != 403 {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
		w.sees(c, 200)
	}
	at, _ := url.Parse(w.server.URL + "/console")
	kept := c.Jar.Cookies(at)
	res, text := w.do(c, http.MethodPost, "/console/signout", url.Values{page.TokenField: {token(c)}})
	to, _ := url.Parse(strings.TrimPrefix(res.Header.Get("Refresh"), "0; url="))
	if res.StatusCode != 200 || !strings.HasPrefix(to.String(), frontend+"/protocol/openid-connect/logout?") || to.Query().Get("id_token_hint") == "" ||
		to.Query().Get("post_logout_redirect_uri") != w.server.URL+"/console/signed-out" {
		t.Errorf("%d %v %s", res.StatusCode, to, text)
	}
	w.sees(c, 401)
	c.Jar.SetCookies(at, kept)
	w.sees(c, 401)
	w.sees(other, 200)
	if res, text := w.do(c, http.MethodGet, "/console/signed-out", nil); res.StatusCode != 200 || !strings.Contains(text, "You are signed out") {
		t.Errorf("%d %s", res.StatusCode, text)
	}
	if res, _ := w.do(other, http.MethodGet, "/console/signout", nil); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a GET: %d", res.StatusCode)
	}
}

// A user has a bounded number of sessions, and those that have ended are deleted.
func TestBoundedSessions(t *testing.T) {
	w := newWorld(t)
	first := w.signedIn()
	for range 20 {
		w.later(time.Second)
		w.signedIn()
	}
	w.sees(first, 401)
	ids, err := w.space.Scan(t.Context(), "", 100)
	if err != nil || len(ids) != 21 { // with the key
		t.Errorf("%d %v", len(ids), err)
	}
	w.later(signin.Longest + time.Hour)
	if err := w.gate.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ids, err = w.space.Scan(t.Context(), "", 100); err != nil || len(ids) != 1 {
		t.Errorf("%v %v", ids, err)
	}
}

func TestLocal(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	l := signin.NewLocal(func() time.Time { return now })
	w := httptest.NewRecorder()
	s, err := l.Session(w, httptest.NewRequest(http.MethodGet, "/console", nil), true)
	if err != nil || s.Name != "local" || len(w.Result().Cookies()) != 1 {
		t.Fatal(s, err)
	}
	again := httptest.NewRequest(http.MethodGet, "/console", nil)
	again.AddCookie(w.Result().Cookies()[0])
	if same, err := l.Session(httptest.NewRecorder(), again, true); err != nil || string(same.Secret) != string(s.Secret) {
		t.Error(err)
	}
	if other, err := l.Session(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/console", nil), true); err != nil || string(other.Secret) == string(s.Secret) {
		t.Error(err)
	}
	for _, c := range []struct {
		name, value string
		refused     bool
	}{
		{"X-Forwarded-For", "203.0.113.1", true},
		{"X-Forwarded-Proto", "https", true},
		{"Forwarded", "for=x", true},
		{"Via", "1.1 x", true},
		{"X-Real-IP", "", true},
		{"Origin", "https://admin.example.com", true},
		{"Referer", "https://admin.example.com/console", true},
		{"Referer", "http://localhost.example.com/", true},
		{"Referer", "http://%zz", true},
		{"Origin", "null", false},
		{"Origin", "http://localhost:9090", false},
		{"Referer", "http://127.0.0.1:9090/console", false},
		{"Referer", "http://[::1]:9090/", false},
	} {
		r := again.Clone(t.Context())
		r.Header.Set(c.name, c.value)
		if _, err := l.Session(httptest.NewRecorder(), r, true); errors.Is(err, signin.ErrForwarded) != c.refused {
			t.Errorf("%s: %s: %v", c.name, c.value, err)
		}
	}
	again.AddCookie(&http.Cookie{Name: w.Result().Cookies()[0].Name, Value: strings.Repeat("x", 30)})
	if other, err := l.Session(httptest.NewRecorder(), again, true); err != nil || string(other.Secret) == string(s.Secret) {
		t.Error("two cookies:", err)
	}
	if l.Use(t.Context(), s, "a") != nil || l.Use(t.Context(), s, "a") == nil || l.Use(t.Context(), s, "b") != nil {
		t.Error("a form is carried out once")
	}
}
