package setup_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/console/setup"
	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>`

// house is a proxy with the pages of two customers.
type house struct {
	t       *testing.T
	engine  *storetest.Memory
	invites *invite.Invites
	url     string
	now     atomic.Int64
	made    atomic.Int64 // tokens
	watched atomic.Int64 // readings of the journal
	gone    atomic.Bool  // the tenants are not configured any more
	reason  atomic.Value
}

func allowed(invite.Invitation) error { return nil }

func place(tenant string) invite.Place {
	return invite.Place{Tenant: tenant, Realm: "r", Group: tenant}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, engine: storetest.NewMemory()}
	h.now.Store(1_800_000_000)
	h.reason.Store("because")
	h.invites = invite.New(invite.Options{Space: h.engine.Open(invite.SpaceName), Now: h.clock})
	srv := httptest.NewUnstartedServer(nil)
	h.url = "http://" + srv.Listener.Addr().String()
	p, err := setup.New(setup.Options{
		Invites: h.invites, PublicURL: h.url, Now: h.clock,
		Tenant: func(at invite.Place) (setup.Tenant, bool) {
			return setup.Tenant{Name: at.Tenant, IDP: "entra", BaseURL: h.url + "/tenants/" + at.Tenant + "/scim/v2"}, at == place(at.Tenant) && !h.gone.Load()
		},
		Watch: func(i invite.Invitation) setup.Watch {
			return func(context.Context) (setup.Progress, error) {
				h.watched.Add(1)
				reason, _ := h.reason.Load().(string)
				if reason == "fail" {
					return setup.Progress{}, errors.New("secret: store.internal")
				}
				return setup.Progress{Lines: []checklist.Line{{ID: "create", Title: "A user of " + i.Tenant + " is created", State: checklist.Red, Reason: reason, Change: hostile, Request: hostile, At: h.clock()}}}, nil
			}
		},
		NewToken: func(_ context.Context, tenant, by string) (string, setup.Token, error) {
			n := h.made.Add(1)
			return fmt.Sprintf("kscim_%s_%d_%s", tenant, n, "SECRET"), setup.Token{}, nil
		},
		Token: func(_ context.Context, tenant, by string) (setup.Token, bool) {
			n := h.made.Load()
			return setup.Token{ID: fmt.Sprint("i", n), Made: h.clock()}, n > 0 && strings.HasPrefix(by, "set-up link ")
		},
		Address: func(r *http.Request) string { return r.Header.Get("X-Test-Address") },
	})
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = p.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	t.Cleanup(p.Close)
	return h
}

func (h *house) clock() time.Time { return time.Unix(h.now.Load(), 0) }

func (h *house) invited(tenant string) (link string) {
	h.t.Helper()
	link, _, err := h.invites.Make(h.t.Context(), place(tenant), "op", time.Hour, true, allowed)
	if err != nil {
		h.t.Fatal(err)
	}
	return link
}

// browser keeps cookies, and follows no redirect.
type browser struct {
	*house

	http    *http.Client
	headers http.Header
}

func (h *house) browser() *browser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &browser{h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, http.Header{}}
}

type answer struct {
	status int
	body   string
	header http.Header
}

func (b *browser) do(method, path string, form url.Values) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header = b.headers.Clone()
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	a, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{a.StatusCode, string(body), a.Header}
}

var field = regexp.MustCompile(`name="(token|link)" value="([^"]*)"`)

// form are the hidden fields of a page.
func form(body string) url.Values {
	v := url.Values{}
	for _, f := range field.FindAllStringSubmatch(body, -1) {
		v.Set(f[1], f[2])
	}
	return v
}

// enters opens a link as a customer does.
func (b *browser) enters(link string) answer {
	b.t.Helper()
	landing := b.do("GET", "/setup/"+link, nil)
	if landing.status != 200 {
		b.t.Fatal(landing)
	}
	return b.do("POST", "/setup/enter", form(landing.body))
}

func (b *browser) entered(tenant string) *browser {
	b.t.Helper()
	if a := b.enters(b.invited(tenant)); a.status != 303 || a.header.Get("Location") != "/setup/" {
		b.t.Fatal(a)
	}
	return b
}

// A customer opens the link, makes a token that is shown once, and sees the checklist. Scanners of
// mails do not use the link up.
func TestCustomer(t *testing.T) {
	h := newHouse(t)
	link := h.invited("acme")
	scanner := h.browser()
	for _, method := range []string{"GET", "HEAD", "GET"} {
		if a := scanner.do(method, "/setup/"+link, nil); a.status != 200 {
			t.Fatal(method, a)
		}
	}
	if a := scanner.do("POST", "/setup/"+link, url.Values{}); a.status == 303 {
		t.Error("a POST of the link enters")
	}
	b := h.browser()
	entered := b.enters(link)
	if entered.status != 303 {
		t.Fatal(entered)
	}
	for _, c := range entered.header.Values("Set-Cookie") {
		if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Strict") || !strings.Contains(c, "Path=/setup;") {
			t.Error(c)
		}
	}
	home := b.do("GET", "/setup/", nil)
	for _, want := range []string{h.url + "/tenants/acme/scim/v2", "Microsoft Entra", "A user of acme is created", "because", "Make the token", "noscript", "lets the tenant go live"} {
		if home.status != 200 || !strings.Contains(home.body, want) {
			t.Errorf("%d, no %q", home.status, want)
		}
	}
	made := b.do("POST", "/setup/token", form(home.body))
	if made.status != 200 || strings.Count(made.body, "kscim_acme_1_SECRET") != 1 || !strings.Contains(made.body, "only this once") {
		t.Errorf("%d", made.status)
	}
	if again := b.do("POST", "/setup/token", form(home.body)); strings.Contains(again.body, "SECRET") || h.made.Load() != 1 || !strings.Contains(again.body, "sent already") {
		t.Error("a form that is sent twice makes two tokens")
	}
	after := b.do("GET", "/setup/", nil)
	if strings.Contains(after.body, "SECRET") || !strings.Contains(after.body, "Make a new token") {
		t.Error("the token is shown again, or not known")
	}
	second := h.browser()
	if a := second.do("GET", "/setup/"+link, nil); a.status != 410 || !strings.Contains(a.body, "2027-01-15 08:00:00 UTC") {
		t.Error(a.status, a.body)
	}
}

// A second exchange is refused, also of a form that was shown before the first.
func TestSecondExchange(t *testing.T) {
	h := newHouse(t)
	link := h.invited("acme")
	first, second := h.browser(), h.browser()
	shown := second.do("GET", "/setup/"+link, nil)
	if a := first.enters(link); a.status != 303 {
		t.Fatal(a)
	}
	if a := second.do("POST", "/setup/enter", form(shown.body)); a.status != 410 || len(a.header.Values("Set-Cookie")) > 0 {
		t.Error(a)
	}
	if a := second.do("GET", "/setup/", nil); a.status != 403 {
		t.Error(a.status)
	}
	if a := first.do("GET", "/setup/", nil); a.status != 200 {
		t.Error(a.status)
	}
}

// Whoever has no session sees nothing, and all answers have the headers that a secret in a URL
// needs.
func TestStrangers(t *testing.T) {
	h := newHouse(t)
	h.browser().entered("acme")
	ours, link := h.browser(), h.invited("globex")
	for name, c := range map[string]struct {
		method, path, cookie string
		status               int
	}{
		"no cookie": {"GET", "/setup/", "", 403}, "live": {"GET", "/setup/live", "", 403}, "token": {"POST", "/setup/token", "", 403},
		"a tenant": {"GET", "/setup/acme", "", 404}, "a forged cookie": {"GET", "/setup/", "scim-setup=YWNtZQ", 404}, "a link as a cookie": {"GET", "/setup/", "scim-setup=" + link, 404},
		"two cookies": {"GET", "/setup/", "scim-setup=a; scim-setup=b", 403}, "a huge cookie": {"GET", "/setup/", "scim-setup=" + strings.Repeat("a", 60_000), 404},
		"below": {"GET", "/setup/" + link + "/x", "", 404}, "another method": {"DELETE", "/setup/" + link, "", 404}, "a huge link": {"GET", "/setup/" + strings.Repeat("A", 100_000), "", 404},
		"NUL": {"GET", "/setup/%00", "", 404}, "dots": {"GET", "/setup/%2e%2e%2ftenants", "", 404}, "no assets": {"GET", "/setup/assets/doc.go", "", 404}, "a template": {"GET", "/setup/assets/..%2fhome.html", "", 404},
	} {
		ours.headers = http.Header{}
		if c.cookie != "" {
			ours.headers.Set("Cookie", c.cookie)
		}
		var body url.Values
		if c.method == "POST" {
			body = url.Values{}
		}
		a := ours.do(c.method, c.path, body)
		if a.status != c.status || strings.Contains(a.body, "acme/scim") || strings.Contains(a.body, link) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Security-Policy") != page.Policy || a.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: %v", name, a.header)
		}
	}
	// The answer to a wrong link does not tell whether the tenant exists.
	ours.headers = http.Header{}
	known, unknown := ours.do("GET", "/setup/acme", nil), ours.do("GET", "/setup/nothing", nil)
	if known.body != unknown.body || known.status != unknown.status {
		t.Error("a tenant's name has another answer")
	}
}

// A session shows its own tenant, whatever it asks for, and ends with its invitation.
func TestSessions(t *testing.T) {
	h := newHouse(t)
	acme, globex := h.browser().entered("acme"), h.browser().entered("globex")
	if a := globex.do("GET", "/setup/?tenant=acme", nil); strings.Contains(a.body, "acme") || !strings.Contains(a.body, "globex") {
		t.Error("another tenant is shown")
	}
	// A form of one session is worth nothing in another.
	foreign := form(acme.do("GET", "/setup/", nil).body)
	if a := globex.do("POST", "/setup/token", foreign); strings.Contains(a.body, "SECRET") || h.made.Load() > 0 {
		t.Error("a form of another session makes a token")
	}
	// Who has a session and opens the link of another gets that one's session only by the button.
	acme.do("GET", "/setup/"+h.invited("globex"), nil)
	if a := acme.do("GET", "/setup/", nil); a.status != 200 || !strings.Contains(a.body, "acme") {
		t.Error("a GET changes the session")
	}
	if a := globex.do("GET", "/setup/", nil); a.status != 410 {
		t.Errorf("the session of a replaced link: %d", a.status)
	}
	if _, err := h.invites.Revoke(t.Context(), place("acme"), "op"); err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/setup/": 410, "/setup/live": 204} {
		if a := acme.do("GET", path, nil); a.status != status || strings.Contains(a.body, "scim/v2") {
			t.Errorf("%s after a revocation: %d", path, a.status)
		}
	}
	if a := acme.do("POST", "/setup/token", foreign); a.status != 410 || h.made.Load() > 0 {
		t.Errorf("a token after a revocation: %d", a.status)
	}
	third := h.browser().entered("acme")
	h.gone.Store(true)
	if a := third.do("GET", "/setup/", nil); a.status != 410 {
		t.Errorf("a tenant that is gone: %d", a.status)
	}
	h.gone.Store(false)
	h.now.Add(3600)
	if a := third.do("GET", "/setup/", nil); a.status != 410 {
		t.Errorf("expired: %d", a.status)
	}
}

// Another site cannot make a browser enter with a link of its own, or make a token.
func TestOtherSites(t *testing.T) {
	h := newHouse(t)
	attacker, victim := h.browser(), h.browser()
	link := h.invited("evil")
	theirs := form(attacker.do("GET", "/setup/"+link, nil).body)
	for name, headers := range map[string]http.Header{
		"cross-site": {"Sec-Fetch-Site": {"cross-site"}}, "same-site": {"Sec-Fetch-Site": {"same-site"}}, "an origin": {"Origin": {"https://evil.example"}}, "no origin": {"Origin": {"null"}},
	} {
		attacker.headers = headers // with the cookie of its form
		if a := attacker.do("POST", "/setup/enter", theirs); a.status != 403 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	// An old browser sends no such header: the form is not one of the victim's browser.
	if a := victim.do("POST", "/setup/enter", theirs); a.status != 403 || len(a.header.Values("Set-Cookie")) > 0 {
		t.Error(a)
	}
	victim.do("GET", "/setup/"+h.invited("acme"), nil)
	if a := victim.do("POST", "/setup/enter", theirs); a.status != 403 {
		t.Error(a)
	}
	attacker.headers = http.Header{}
	if a := attacker.do("POST", "/setup/enter?"+theirs.Encode(), url.Values{}); a.status != 403 {
		t.Errorf("a form in the URL: %d", a.status)
	}
	if a := attacker.do("POST", "/setup/enter", theirs); a.status != 303 {
		t.Error(a)
	}
	ours := h.browser().entered("acme")
	sent := form(ours.do("GET", "/setup/", nil).body)
	ours.headers = http.Header{"Sec-Fetch-Site": {"cross-site"}}
	if a := ours.do("POST", "/setup/token", sent); a.status != 403 || h.made.Load() > 0 {
		t.Error(a.status)
	}
	ours.headers = http.Header{}
	if a := ours.do("GET", "/setup/token?"+sent.Encode(), nil); a.status == 200 || h.made.Load() > 0 {
		t.Error(a.status)
	}
}

// A session is not one that an attacker has chosen.
func TestFixation(t *testing.T) {
	h := newHouse(t)
	attacker := h.browser().entered("evil")
	fixed := attacker.http.Jar.Cookies(mustParse(t, h.url+"/setup/"))
	victim := h.browser()
	victim.http.Jar.SetCookies(mustParse(t, h.url+"/setup/"), fixed)
	victim.entered("acme")
	for _, c := range victim.http.Jar.Cookies(mustParse(t, h.url+"/setup/")) {
		for _, f := range fixed {
			if c.Value == f.Value {
				t.Error("the session of the attacker stays")
			}
		}
	}
}

func mustParse(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Texts of others are shown as texts, in pages and in streams.
func TestHostileTexts(t *testing.T) {
	h := newHouse(t)
	h.reason.Store(hostile)
	b := h.browser().entered("acme")
	for _, body := range []string{b.do("GET", "/setup/", nil).body, b.events()} {
		for _, bad := range []string{"<script>alert", "<img"} {
			if strings.Contains(strings.ReplaceAll(body, `\u003c`, "<"), bad) {
				t.Errorf("%s is not escaped", bad)
			}
		}
		if !strings.Contains(body, "alert(1)") {
			t.Error("the text is not shown")
		}
	}
	h.reason.Store("fail")
	h.now.Add(60)
	if a := b.do("GET", "/setup/", nil); a.status != 200 || strings.Contains(a.body, "internal") || !strings.Contains(a.body, "cannot be") {
		t.Error(a.status, a.body)
	}
}

// events reads the first parts of a stream.
func (b *browser) events() string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Second)
	defer cancel()
	lines, end := b.stream(ctx)
	defer end()
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			return data
		}
	}
	b.t.Fatal("the stream has no parts")
	return ""
}

func (b *browser) stream(ctx context.Context) (lines *bufio.Scanner, end func()) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.url+"/setup/live", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	a, err := b.http.Do(r) //nolint:bodyclose // end closes it
	if err != nil {
		b.t.Fatal(err)
	}
	if a.StatusCode != 200 || a.Header.Get("Content-Type") != "text/event-stream" || a.Header.Get("Cache-Control") != "no-store" {
		b.t.Fatal(a.StatusCode, a.Header)
	}
	return bufio.NewScanner(a.Body), func() { _ = a.Body.Close() }
}

// Streams are bounded by tenant, share one reading of the journal, and end with their session.
func TestStreams(t *testing.T) {
	h := newHouse(t)
	b := h.browser().entered("acme")
	var all []*bufio.Scanner
	for range 8 {
		lines, end := b.stream(t.Context())
		defer end()
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
		}
		all = append(all, lines)
	}
	if n := h.watched.Load(); n != 1 {
		t.Errorf("the journal was read %d times within a second", n)
	}
	if a := b.do("GET", "/setup/live", nil); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("a ninth stream: %d", a.status)
	}
	other := h.browser().entered("globex")
	other.events()
	if _, err := h.invites.Revoke(t.Context(), place("acme"), "op"); err != nil {
		t.Fatal(err)
	}
	for _, lines := range all {
		for lines.Scan() { // to the end
		}
	}
}

// Wrong links of one address get an answer for a while; a good one always does.
func TestAttempts(t *testing.T) {
	h := newHouse(t)
	b := h.browser()
	b.headers.Set("X-Test-Address", "2001:db8::1")
	limited := func(address string) bool {
		b.headers.Set("X-Test-Address", address)
		return b.do("GET", "/setup/wrong", nil).status == 429
	}
	n := 0
	for ; n < 100 && !limited("2001:db8::1"); n++ {
	}
	if n != 20 || !limited("2001:db8::ffff:1") || limited("2001:db8:0:1::1") || limited("192.0.2.1") {
		t.Errorf("limited after %d", n)
	}
	b.headers.Set("X-Test-Address", "2001:db8::1")
	if a := b.enters(h.invited("acme")); a.status != 303 {
		t.Error(a)
	}
	h.now.Add(61)
	if limited("2001:db8::1") {
		t.Error("limited for ever")
	}
}

// While the store is down, a link is neither refused for good nor used.
func TestStoreDown(t *testing.T) {
	h := newHouse(t)
	link := h.invited("acme")
	b := h.browser()
	shown := b.do("GET", "/setup/"+link, nil)
	h.engine.SetDown(store.ErrUnavailable)
	for _, a := range []answer{b.do("GET", "/setup/"+link, nil), b.do("POST", "/setup/enter", form(shown.body))} {
		if a.status != 503 || a.header.Get("Retry-After") == "" || strings.Contains(a.body, "unavailable:") {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	h.engine.SetDown(nil)
	if a := b.enters(link); a.status != 303 {
		t.Error(a)
	}
}

// Below a path of the public URL, and with https, links and cookies are right.
func TestPublicPath(t *testing.T) {
	h := newHouse(t)
	p, err := setup.New(setup.Options{
		Invites: h.invites, PublicURL: "https://scim.example.com/idp", Now: h.clock, Address: func(*http.Request) string { return "" },
		Tenant: func(at invite.Place) (setup.Tenant, bool) { return setup.Tenant{Name: at.Tenant}, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	w := httptest.NewRecorder()
	p.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://inside/setup/"+h.invited("acme"), nil))
	if w.Code != 200 || !strings.Contains(w.Body.String(), `action="/idp/setup/enter"`) || !strings.Contains(w.Body.String(), `"/idp/setup/assets/`) {
		t.Error(w.Code, w.Body)
	}
	if c := w.Header().Get("Set-Cookie"); !strings.Contains(c, "Path=/idp/setup;") || !strings.Contains(c, "; Secure") {
		t.Error(c)
	}
	for path, want := range map[string]bool{"/setup": true, "/setup/": true, "/setup/x": true, "/setups": false, "/scim/v2": false, "/": false, "/tenants/setup/scim/v2": false} {
		if setup.Owns(path) != want {
			t.Error(path)
		}
	}
}
