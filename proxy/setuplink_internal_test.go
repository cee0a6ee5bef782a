package proxy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/invite"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/policy/staged"
)

// eva is an operator.
var eva = journal.By{Name: "eva", Address: "192.0.2.7"}

// invitable makes a proxy with the staged tenant acme and the live tenant globex.
func invitable(t *testing.T, change func(*config.Config)) (p *Proxy, logs *observer.ObservedLogs) {
	t.Helper()
	upstream := newRecorder(t)
	upstream.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }
	cfg := config.DropInOnly(upstream.URL, filepath.Join(t.TempDir(), "store.db"))
	t.Setenv("ACCOUNT_SECRET", "s")
	for _, name := range []string{"acme", "globex"} {
		tenant := config.DefaultTenant()
		tenant.Tenant, tenant.Realm, tenant.IDP, tenant.ServiceAccount.SecretEnv = name, name+"-realm", "entra", "ACCOUNT_SECRET"
		if name == "acme" {
			tenant.State = "staged"
		}
		cfg.Tenants = append(cfg.Tenants, tenant)
	}
	cfg.SetupLinks.Enabled, cfg.PublicURL = true, "https://scim.example.com"
	if change != nil {
		change(&cfg)
	}
	core, logs := observer.New(zap.DebugLevel)
	p, err := New(cfg, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, logs
}

// asks sends a request to the public listener with the cookies of earlier answers.
func asks(h http.Handler, jar map[string]string, method, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://inside"+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() { //nolint:bodyclose // a recorder's
		if jar[c.Name] = c.Value; c.Value == "" {
			delete(jar, c.Name)
		}
	}
	return w
}

var formField = regexp.MustCompile(`name="token" value="([^"]*)"`)

func formToken(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	found := formField.FindStringSubmatch(w.Body.String())
	if found == nil {
		t.Fatalf("no form: %d %s", w.Code, w.Body)
	}
	return found[1]
}

// A customer who makes tokens for ever takes 5 places of the tenant's, and the newest tokens work.
func TestSetupTokensAreBounded(t *testing.T) {
	p, _ := invitable(t, nil)
	h := p.Handler()
	made, err := p.operations().Invite(t.Context(), "acme", journal.By{Name: "eva"}, time.Hour, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.tenants.Issued.Make(t.Context(), "acme", "eva", time.Time{}); err != nil {
		t.Fatal(err)
	}
	link, jar := strings.TrimPrefix(made.Link, "https://scim.example.com/setup/"), map[string]string{}
	asks(h, jar, "POST", "/setup/enter", url.Values{"token": {formToken(t, asks(h, jar, "GET", "/setup/"+link, nil))}, "link": {link}})
	var texts []string
	for range 60 { // the tenant has 50 places
		answer := asks(h, jar, "POST", "/setup/token", url.Values{"token": {formToken(t, asks(h, jar, "GET", "/setup/", nil))}})
		token := regexp.MustCompile(`<code id="new-token">([^<]+)</code>`).FindStringSubmatch(answer.Body.String())
		if token == nil {
			t.Fatal(len(texts), answer.Body)
		}
		texts = append(texts, token[1])
	}
	works := 0
	for i, text := range texts {
		if w := enter(h, "/tenants/acme/scim/v2", "Bearer "+text); w.Code == 200 {
			works++
			if i < len(texts)-5 {
				t.Errorf("the token %d works", i)
			}
		}
	}
	if works != 5 {
		t.Errorf("%d work", works)
	}
	if _, _, err := p.tenants.Issued.Make(t.Context(), "acme", "eva", time.Time{}); err != nil {
		t.Errorf("an operator: %v", err)
	}
}

// A customer gets a token that works, and neither log nor metrics have the link, the session or the
// token.
func TestSetupLink(t *testing.T) {
	p, logs := invitable(t, nil)
	h := p.Handler()
	o := p.operations()
	made, err := o.Invite(t.Context(), "acme", eva, time.Hour, false)
	if err != nil {
		t.Fatal(err)
	}
	link, ours := strings.CutPrefix(made.Link, "https://scim.example.com/setup/")
	if !ours || made.Live {
		t.Fatalf("%+v", made)
	}
	jar := map[string]string{}
	landing := asks(h, jar, "GET", "/setup/"+link, nil)
	entered := asks(h, jar, "POST", "/setup/enter", url.Values{"token": {formToken(t, landing)}, "link": {link}})
	if entered.Code != 303 || entered.Header().Get("Location") != "/setup/" {
		t.Fatal(entered.Code, entered.Body)
	}
	home := asks(h, jar, "GET", "/setup/", nil)
	if !strings.Contains(home.Body.String(), "https://scim.example.com/tenants/acme/scim/v2") || strings.Contains(home.Body.String(), "globex") || strings.Contains(home.Body.String(), "acme-realm") {
		t.Error(home.Body)
	}
	answer := asks(h, jar, "POST", "/setup/token", url.Values{"token": {formToken(t, home)}})
	token := shownToken.FindStringSubmatch(answer.Body.String())
	if token == nil {
		t.Fatal(answer.Body)
	}
	if w := enter(h, "/tenants/acme/scim/v2", "Bearer "+token[1]); w.Code != 200 {
		t.Errorf("the new token: %d %s", w.Code, w.Body)
	}
	if w := enter(h, "/tenants/globex/scim/v2", "Bearer "+token[1]); w.Code != 401 {
		t.Errorf("at another tenant: %d", w.Code)
	}
	if again := asks(h, jar, "GET", "/setup/", nil); strings.Contains(again.Body.String(), token[1]) || !strings.Contains(again.Body.String(), "You made the token") {
		t.Error("the token is shown again")
	}
	for _, path := range []string{"/setup/" + link, "/setup/" + link + "/", "/setup//" + link, "/setup/x/" + link, "/setup/" + link + "?x=" + link, "/setup/%41" + link} {
		for _, method := range []string{"GET", "POST", "PUT", "HEAD"} {
			asks(h, map[string]string{}, method, path, url.Values{"link": {link}})
		}
	}
	if _, err := o.RevokeInvitation(t.Context(), "acme", eva); err != nil {
		t.Fatal(err)
	}
	if w := asks(h, jar, "GET", "/setup/", nil); w.Code != 410 {
		t.Errorf("after the revocation: %d", w.Code)
	}
	said := fmt.Sprint(metrics(t, p))
	lines := 0
	for _, l := range logs.All() {
		line := fmt.Sprint(l.Message, l.ContextMap())
		said += line
		if strings.Contains(line, "path:/setup ") {
			lines++
		}
	}
	if lines < 20 {
		t.Errorf("%d lines of set-up pages", lines)
	}
	for name, secret := range map[string]string{"link": link, "half of the link": link[len(link)/2:], "session": jar["scim-setup"], "token": token[1]} {
		if secret == "" || strings.Contains(said, secret) {
			t.Errorf("the log or the metrics have the %s", name)
		}
	}
	// The journal has the actions of operators, with their names, and without the link.
	entries := ""
	if err := control.Call(t.Context(), p.Operations()["journal"], operate.JournalArguments{Tenant: "acme"}, func(raw json.RawMessage) error {
		entries += string(raw)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(entries, `"invited"`) || !strings.Contains(entries, `"invitation revoked"`) || !strings.Contains(entries, `"eva"`) || !strings.Contains(entries, "192.0.2.7") || strings.Contains(entries, link) {
		t.Error(entries)
	}
}

var shownToken = regexp.MustCompile(`<code id="new-token">([^<]+)</code>`)

// Once a tenant is live, a link for its trial makes no first token. One that has made a token makes
// another in its place.
func TestSetupTokenLive(t *testing.T) {
	p, _ := invitable(t, nil)
	h := p.Handler()
	acme, _ := p.tenants.Now().Of("acme")
	for name, first := range map[string]bool{"a first token": false, "another token": true} {
		made, err := p.operations().Invite(t.Context(), "acme", eva, time.Hour, false)
		if err != nil {
			t.Fatal(err)
		}
		jar, link := map[string]string{}, strings.TrimPrefix(made.Link, "https://scim.example.com/setup/")
		landing := asks(h, jar, "GET", "/setup/"+link, nil)
		asks(h, jar, "POST", "/setup/enter", url.Values{"token": {formToken(t, landing)}, "link": {link}})
		makes := func() (bool, string) {
			home := asks(h, jar, "GET", "/setup/", nil)
			answer := asks(h, jar, "POST", "/setup/token", url.Values{"token": {formToken(t, home)}})
			return shownToken.MatchString(answer.Body.String()), answer.Body.String()
		}
		if first {
			if is, page := makes(); !is {
				t.Fatal(name, page)
			}
		}
		if _, err := acme.gate.Prove(t.Context(), staged.Proof{}); err != nil {
			t.Fatal(err)
		}
		before, err := p.tenants.Issued.List(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		is, page := makes()
		after, err := p.tenants.Issued.List(t.Context(), "acme")
		if is != first || strings.Contains(page, "No token was made: the tenant is live") == first || err != nil || len(after) > len(before) != first {
			t.Errorf("%s: %v, %d tokens after %d, %v: %s", name, is, len(after), len(before), err, page)
		}
		if err := acme.gate.Withdraw(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Pages of customers take nothing from the paths of SCIM, and there are none unless they are
// enabled.
func TestSetupPaths(t *testing.T) {
	on, _ := invitable(t, nil)
	off, _ := invitable(t, func(c *config.Config) { c.SetupLinks.Enabled = false })
	for _, path := range []string{"/scim/v2/Users", "/tenants/acme/scim/v2/Users", "/realms/x/scim/v2/Users", "/setups", "/set", "/", "/x/setup/", "/tenants/setup/scim/v2/Users"} {
		with, without := asks(on.Handler(), nil, "GET", path, nil), asks(off.Handler(), nil, "GET", path, nil)
		if with.Code != without.Code || with.Body.String() != without.Body.String() || strings.Contains(with.Body.String(), "<html") {
			t.Errorf("%s: %d and %d", path, with.Code, without.Code)
		}
	}
	for _, path := range []string{"/setup", "/setup/", "/setup/x"} {
		if w := asks(off.Handler(), nil, "GET", path, nil); w.Code != 404 || strings.Contains(w.Body.String(), "<html") {
			t.Errorf("%s while it is off: %d %s", path, w.Code, w.Body)
		}
	}
	if _, err := off.operations().Invite(t.Context(), "acme", eva, time.Hour, false); err == nil || !strings.Contains(err.Error(), "setupLinks.enabled") {
		t.Error(err)
	}
}

// An invitation that cannot be made is an error that says why.
func TestInviteErrors(t *testing.T) {
	p, _ := invitable(t, nil)
	o := p.operations()
	if _, err := o.Invitation(t.Context(), "acme"); !errors.Is(err, invite.ErrNone) {
		t.Error(err)
	}
	if _, err := o.Invite(t.Context(), "nobody", eva, time.Hour, false); err == nil {
		t.Error("a tenant that is not configured is invited")
	}
	if _, err := o.Invite(t.Context(), "acme", eva, 365*24*time.Hour, false); err == nil {
		t.Error("a link for a year")
	}
	if _, err := o.Invite(t.Context(), "acme", eva, time.Hour, false); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, reason, want string }{{"nothing", "x", "it has connect, match"}, {"create", " ", "with a reason"}} {
		if _, err := o.WaiveLine(t.Context(), "acme", c.line, c.reason, eva); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Error(err)
		}
	}
	if i, err := o.Invite(t.Context(), "globex", eva, time.Hour, false); err == nil || !strings.Contains(err.Error(), "--live") || i.Link != "" {
		t.Errorf("a live tenant: %+v %v", i, err)
	}
	if _, err := o.Invitation(t.Context(), "globex"); !errors.Is(err, invite.ErrNone) {
		t.Error(err)
	}
	if i, err := o.Invite(t.Context(), "globex", eva, time.Hour, true); err != nil || !i.Live || i.Staged {
		t.Errorf("%+v %v", i, err)
	}
	bare, _ := invitable(t, func(c *config.Config) { c.Journal.Days = 0 })
	if _, err := bare.operations().Invite(t.Context(), "acme", eva, time.Hour, false); err == nil || !strings.Contains(err.Error(), "journal.days is 0") {
		t.Error(err)
	}
}

// A link whose path was mistyped, or rewritten by an ingress, does not get into the log.
func TestMistypedLinks(t *testing.T) {
	p, logs := invitable(t, nil)
	h := p.Handler()
	for _, path := range []string{
		"//setup/secret-link", "/./setup/secret-link", "/x/../setup/secret-link", "/setup;a/secret-link", "/Setup/secret-link", `/setup\secret-link`,
		"/setup/secret-link/../../tenants/acme", "///SETUP//secret-link",
	} {
		r := httptest.NewRequest(http.MethodGet, "http://inside/", nil)
		r.URL.Path, r.RequestURI = path, path
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code < 300 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	for _, l := range logs.All() {
		if said := fmt.Sprint(l.Message, l.ContextMap()); strings.Contains(said, "secret-link") {
			t.Error(said)
		}
	}
}
