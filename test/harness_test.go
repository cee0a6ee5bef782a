// Package test tests the whole program on a real Keycloak.
package test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/shim"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// world is a new realm, and a proxy that serves it drop-in and as one tenant of the whole realm.
type world struct {
	realm        *kctest.Realm
	cfg          config.Config
	proxy        string
	tenantToken  string
	secret       string // of the tenant's service account
	dropInToken  string
	readerToken  string
	last         kctest.Reply
	who          string
	extraHeaders http.Header
	tb           testing.TB          // of a script
	rules        []shim.Rule         // of the shim before Keycloak
	group        *kctest.GroupTenant // nil: the tenant has the whole realm
}

func newWorld(t testing.TB) *world { return newWorldIn(t, kctest.NewRealm(t)) }

// behind is a world whose proxy reaches Keycloak through a shim with these rules; without rules
// there is no shim.
func behind(t testing.TB, rules ...shim.Rule) *world {
	t.Helper()
	r := kctest.NewRealm(t)
	if len(rules) == 0 {
		return newWorldIn(t, r)
	}
	k := *r.Server
	s, err := shim.New(k.URL, k.AdminUser, k.AdminPassword, rules...)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	w := newWorldAt(t, r, srv.URL)
	w.rules = rules
	return w
}

// accountIn makes an account of the whole realm.
func accountIn(t testing.TB, r *kctest.Realm, clientID string) (a config.ServiceAccount, secret string) {
	t.Helper()
	secret = r.ServiceAccount(clientID, "manage-users")
	return configured(t, clientID, secret), secret
}

// configured is an account in the form of the configuration.
func configured(t testing.TB, clientID, secret string) config.ServiceAccount {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.ServiceAccount{ClientID: clientID, SecretFile: file}
}

// confinedWorld is a world whose tenant is confined to a group of the realm, and whose users are
// members of an organization.
func confinedWorld(t testing.TB) *world {
	t.Helper()
	w, _ := plannedConfined(t)
	w.proxy = proxytest.Serve(t, w.cfg)
	return w
}

// plannedConfined is such a world without a proxy.
func plannedConfined(t testing.TB) (*world, kctest.GroupTenant) {
	t.Helper()
	r := kctest.NewRealm(t)
	w := plannedWorld(t, r, r.Server.URL)
	g := r.NewGroupTenant("confined", 12, true)
	w.group = &g
	w.cfg.Tenants[0].Group, w.cfg.Tenants[0].Organization, w.cfg.Tenants[0].ServiceAccount = g.Path[1:], g.Organization, configured(t, g.ClientID, g.Secret)
	return w, g
}

func newWorldIn(t testing.TB, r *kctest.Realm) *world { return newWorldAt(t, r, r.Server.URL) }

// newWorldAt makes a world whose proxy reaches Keycloak at a URL of its own.
func newWorldAt(t testing.TB, r *kctest.Realm, keycloak string) *world {
	t.Helper()
	w := plannedWorld(t, r, keycloak)
	w.proxy = proxytest.Serve(t, w.cfg)
	return w
}

// plannedWorld makes a world without a proxy.
func plannedWorld(t testing.TB, r *kctest.Realm, keycloak string) *world {
	t.Helper()
	account, secret := accountIn(t, r, "scim")
	token, entry := proxytest.Mint(t, "acme")
	cfg := config.DropInOnly(keycloak, "")
	cfg.Store = newStore(t)
	tenant := config.DefaultTenant()
	tenant.Tenant, tenant.Realm = "acme", r.Name
	tenant.ServiceAccount = account
	tenant.Extensions = []config.Extension{{URN: "urn:example:params:scim:schemas:extension:acme:2.0:User", Name: "Acme", Attributes: []config.ExtensionAttribute{
		{Name: "badge", CaseExact: true}, {Name: "level", Type: "integer"}, {Name: "floors", Type: "integer", MultiValued: true},
	}}}
	tenant.Tokens = []config.Token{entry}
	cfg.Tenants = []config.Tenant{tenant}
	return &world{
		realm: r, cfg: cfg, tenantToken: token, who: "tenant", extraHeaders: http.Header{},
		secret: secret, dropInToken: r.Token("scim", secret), readerToken: r.Token("reader", r.ServiceAccount("reader", "view-users")),
	}
}

func (w *world) base() string {
	switch w.who {
	case "dropin", "reader":
		return w.proxy + "/realms/" + w.realm.Name + "/scim/v2"
	case "named":
		return w.proxy + "/tenants/acme/scim/v2"
	}
	return w.proxy + "/scim/v2"
}

// faulty is a server between the proxy and the real Keycloak that holds or breaks requests.
type faulty struct{ *proxytest.Upstream }

func newFaulty(t *testing.T, target string) *faulty {
	t.Helper()
	return &faulty{proxytest.NewUpstream(t, target)}
}

// through gives the world a proxy that reaches Keycloak through f, with a deadline for each
// request.
func (w *world) through(t *testing.T, f *faulty, deadline time.Duration) {
	t.Helper()
	cfg := w.cfg
	cfg.Keycloak.URL = f.URL
	cfg.Limits.Request = config.Duration(deadline)
	// An unanswered write blocks the next one for a little longer than this timeout.
	cfg.Keycloak.Timeout = config.Duration(min(4*time.Second, cfg.Keycloak.Timeout.Std()))
	cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	w.proxy = proxytest.Serve(t, cfg)
}

func slow(hold <-chan struct{}, match func(*http.Request) bool) *func(http.ResponseWriter, *http.Request) bool {
	f := func(_ http.ResponseWriter, r *http.Request) bool {
		if !match(r) {
			return false
		}
		select {
		case <-hold:
		case <-r.Context().Done():
		}
		return true
	}
	return &f
}

// users creates n users by Keycloak's partial import, 400 at a time.
func (w *world) users(t testing.TB, prefix string, n int) []string {
	t.Helper()
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"username":"%[1]s%04[2]d","enabled":true,"email":"%[1]s%04[2]d@example.com","firstName":"F","lastName":"L"}`, prefix, i)
	}
	var ids []string
	for some := range slices.Chunk(list, 400) {
		a := w.realm.Admin("POST", "/partialImport", `{"ifResourceExists":"FAIL","users":`+document.Array(some)+`}`)
		if a.Status != 200 {
			t.Fatalf("import: %d %s", a.Status, a.Body)
		}
		for _, r := range gjson.GetBytes(a.Body, "results").Array() {
			ids = append(ids, r.Get("id").String())
		}
	}
	return ids
}

func (w *world) members(group string) []string {
	a := w.realm.SCIM(w.dropInToken, "GET", "/Groups/"+group+"?attributes=members", "")
	out := []string{}
	for _, m := range gjson.GetBytes(a.Body, "members.#.value").Array() {
		out = append(out, m.String())
	}
	slices.Sort(out)
	return out
}

func sorted(ids []string) []string { return slices.Sorted(slices.Values(ids)) }

func valueList(ids []string) string {
	es := make([]string, len(ids))
	for i, id := range ids {
		es[i] = `{"value":` + document.Quote(id) + `}`
	}
	return document.Array(es)
}

func opOn(kind scim.OpKind, path, value string) scim.Op {
	p, err := scim.ParsePath(path)
	if err != nil {
		panic(err)
	}
	return scim.Op{Kind: kind, Path: p, Value: value}
}

func group(t testing.TB, c client, name string) string {
	t.Helper()
	g, err := c.send(t.Context(), "POST", "/Groups", `{"schemas":["`+scim.GroupURN+`"],"displayName":"`+name+`"}`)
	if err != nil {
		t.Fatal(err)
	}
	return g.Resource.ID()
}

// hasMembers fails the test unless the group has exactly these members, in Keycloak and in a GET.
func hasMembers(t *testing.T, w *world, c client, group string, ids []string) {
	t.Helper()
	got, err := c.send(t.Context(), "GET", "/Groups/"+group, "")
	if err != nil {
		t.Fatal(err)
	}
	if have, natively, want := memberIDs(got.Resource), w.members(group), sorted(ids); !slices.Equal(have, want) || !slices.Equal(natively, want) {
		t.Errorf("GET shows %d members, Keycloak %d, want %d", len(have), len(natively), len(want))
	}
}

// memberIDs returns the ids of the members in an answer, sorted.
func memberIDs(r scim.Resource) []string {
	out := []string{}
	for _, m := range gjson.Get(r.Raw("members"), "#.value").Array() {
		out = append(out, m.String())
	}
	return sorted(out)
}
