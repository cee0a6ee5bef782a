package test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/corpus"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// profiles is a proxy with a tolerant and a strict tenant of one realm, and a tenant whose provider
// sends partial PUTs. Keycloak holds title.
type profiles struct {
	t      *testing.T
	realm  *kctest.Realm
	url    string
	tokens map[string]string
	lines  *observer.ObservedLogs
}

func newProfiles(t *testing.T) *profiles {
	t.Helper()
	w := newWorldIn(t, kctest.NewRealm(t))
	profile := string(w.realm.Admin("GET", "/users/profile", "").Body)
	profile = strings.Replace(profile, `"attributes":[`,
		`"attributes":[{"name":"title","permissions":{"view":["admin"],"edit":["admin"]},"annotations":{"kc.scim.schema.attribute":"title"}},`, 1)
	if a := w.realm.Admin("PUT", "/users/profile", profile); a.Status != http.StatusOK {
		t.Fatal(a.Status, string(a.Body))
	}
	p := &profiles{t: t, realm: w.realm, tokens: map[string]string{}}
	cfg := w.cfg
	cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	cfg.Tenants = nil
	for name, change := range map[string]func(*config.Tenant){
		"tolerant": func(*config.Tenant) {},
		"strict":   func(c *config.Tenant) { c.Profile = "strict" },
		"partial":  func(c *config.Tenant) { c.IDP = "onelogin" },
	} {
		c := w.cfg.Tenants[0]
		c.Tenant = name
		change(&c)
		token, entry := proxytest.Mint(t, name)
		c.Tokens = []config.Token{entry}
		p.tokens[name] = token
		cfg.Tenants = append(cfg.Tenants, c)
	}
	core, lines := observer.New(zap.WarnLevel)
	url, stop := proxytest.Start(t, cfg, zap.New(core))
	t.Cleanup(stop)
	p.url, p.lines = url, lines
	return p
}

func (p *profiles) send(tenant, method, path, body string) kctest.Reply {
	p.t.Helper()
	return mustAsk(p.t, p.url+"/tenants/"+tenant+"/scim/v2", p.tokens[tenant], corpus.Request{Method: method, Target: path, Body: body})
}

// userWith is a whole user with more attributes.
func userWith(name, more string) string {
	return `{"schemas":["` + scim.UserURN + `"],"userName":"` + name + `","active":true,"name":{"givenName":"A","familyName":"B"},"emails":[{"value":"` + name + `@example.com"}]` + more + `}`
}

func (p *profiles) make(name string) string {
	p.t.Helper()
	a := p.send("tolerant", "POST", "/Users", userWith(name, ""))
	if a.Status != http.StatusCreated {
		p.t.Fatal(a.Status, string(a.Body))
	}
	return gjson.GetBytes(a.Body, "id").String()
}

func patchOf(ops string) string {
	return `{"schemas":["` + scim.PatchURN + `"],"Operations":[` + ops + `]}`
}

// writes are all ways to give a user one more attribute, with the status of success.
func writes(id, name, key, value string) map[string]struct {
	tenant, method, path, body string
	ok                         int
} {
	member := fmt.Sprintf(`%q:%s`, key, value)
	return map[string]struct {
		tenant, method, path, body string
		ok                         int
	}{
		"POST":           {"", "POST", "/Users", userWith("post-"+name, ","+member), 201},
		"PUT":            {"", "PUT", "/Users/" + id, userWith(name, ","+member), 200},
		"PATCH":          {"", "PATCH", "/Users/" + id, patchOf(fmt.Sprintf(`{"op":"replace","path":%q,"value":%s}`, key, value)), 200},
		"path-less":      {"", "PATCH", "/Users/" + id, patchOf(`{"op":"replace","value":{"active":true,` + member + `}}`), 200},
		"PUT, partially": {"partial", "PUT", "/Users/" + id, `{"active":true,` + member + `}`, 200},
	}
}

// TestProfiles shows that every verb decides alike on a name that no schema defines. A tolerant
// tenant keeps it, with one warning if it looks misspelt; a strict tenant refuses it.
func TestProfiles(t *testing.T) {
	p := newProfiles(t)
	id := p.make("ada")
	const foreign = "urn:example:params:scim:schemas:extension:foreign:2.0:User"
	n := 0
	for key, value := range map[string]string{"dispalyName": `"x"`, "shoeSize": `{"eu":44}`, foreign: `{"badge":"7"}`, "badges": `[{"type":"a","value":"1"}]`} {
		for verb, w := range writes(id, "ada", key, value) {
			if verb == "POST" {
				n++
				w.body = strings.ReplaceAll(w.body, "post-ada", fmt.Sprintf("post-%d", n))
			}
			if w.tenant == "" {
				a := p.send("strict", w.method, w.path, w.body)
				if got := p.send("tolerant", "GET", "/Users/"+id, ""); a.Status != 400 || gjson.GetBytes(a.Body, "detail").String() == "" || strings.Contains(string(got.Body), value) {
					t.Errorf("%s %s, strict: %d %s; then %s", verb, key, a.Status, a.Body, got.Body)
				}
				w.tenant = "tolerant"
			}
			a := p.send(w.tenant, w.method, w.path, w.body)
			at := id
			if verb == "POST" {
				at = gjson.GetBytes(a.Body, "id").String()
			}
			got := p.send("tolerant", "GET", "/Users/"+at, "")
			r, err := scim.ParseResource(got.Body)
			if a.Status != w.ok || err != nil || r.Raw(key) != value {
				t.Errorf("%s %s, tolerant: %d %s; then %s", verb, key, a.Status, a.Body, got.Body)
			}
			clear := p.send("tolerant", "PUT", "/Users/"+id, userWith("ada", ""))
			if clear.Status != 200 || strings.Contains(string(clear.Body), value) {
				t.Fatal(clear.Status, string(clear.Body))
			}
		}
	}
	warned := map[string]int{}
	for _, l := range p.lines.All() {
		if f := l.ContextMap(); f["looksLike"] == "displayName" {
			warned[fmt.Sprint(f["tenant"], " ", f["name"])]++
		}
	}
	if len(warned) != 2 || warned["tolerant dispalyName"] != 1 || warned["partial dispalyName"] != 1 {
		t.Errorf("warnings: %v", warned)
	}
}

// TestLeaverWithUnknownName shows that a partial PUT deactivates a user whatever else it names.
func TestLeaverWithUnknownName(t *testing.T) {
	p := newProfiles(t)
	id := p.make("ada")
	a := p.send("partial", "PUT", "/Users/"+id, `{"active":false,"costCentre":"c","cost centre":"d"}`)
	got := p.realm.Admin("GET", "/users/"+id, "")
	if a.Status != 200 || gjson.GetBytes(got.Body, "enabled").String() != "false" {
		t.Errorf("%d %s; then %s", a.Status, a.Body, got.Body)
	}
}

// TestValuesAlike shows that all verbs refuse a value that the user profile refuses, before
// anything is written: the syntax of an address, and the default limit of the length.
func TestValuesAlike(t *testing.T) {
	p := newProfiles(t)
	id := p.make("ada")
	before := string(p.realm.Admin("GET", "/users/"+id, "").Body)
	for text, ok := range map[string]bool{
		"a@b_c.com": false, "a@-b.com": false, "plain": false, "😀@c.com": false, strings.Repeat("a", 65) + "@c.com": false, "a@" + strings.Repeat("b", 64) + ".com": false,
		"a.\\\"b c\\\".d@c.com": true, "a@[127.0.0.1]": true, "日本@例え.jp": true, strings.Repeat("ä", 40) + "@c.com": true,
		strings.Repeat("t", 2049): false, strings.Repeat("é", 2049): false, strings.Repeat("é", 2048): true,
	} {
		key, value := "title", `"`+text+`"`
		if len(text) < 2000 {
			key, value = "emails", `[{"value":"`+text+`"}]`
		}
		for verb, w := range writes(id, "ada", key, value) {
			if w.tenant == "" {
				w.tenant = "tolerant"
			}
			if key == "emails" {
				w.body = strings.Replace(strings.Replace(w.body, `"emails":[{"value":"ada@example.com"}],`, "", 1), `"emails":[{"value":"post-ada@example.com"}],`, "", 1)
			}
			a := p.send(w.tenant, w.method, w.path, w.body)
			if !ok {
				now := string(p.realm.Admin("GET", "/users/"+id, "").Body)
				if a.Status != 400 || gjson.GetBytes(a.Body, "scimType").String() == "" || now != before {
					t.Errorf("%s %.40q: %d %s; then %s", verb, text, a.Status, a.Body, now)
				}
				continue
			}
			if a.Status != w.ok {
				t.Errorf("%s %.40q: %d %s", verb, text, a.Status, a.Body)
			}
			if verb == "POST" {
				p.send("tolerant", "DELETE", "/Users/"+gjson.GetBytes(a.Body, "id").String(), "")
			}
			if a := p.send("tolerant", "PUT", "/Users/"+id, userWith("ada", "")); a.Status != 200 {
				t.Fatal(a.Status, string(a.Body))
			}
		}
	}
}
