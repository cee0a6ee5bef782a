package proxy

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/tokenlife"
	"keycloak-scim-proxy/proxy/transport"
)

// from sends a request with a token from an address, and returns the answer.
func from(h http.Handler, token, peer string, forwarded ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/scim/v2/ServiceProviderConfig", nil)
	r.RemoteAddr = peer
	r.Header["X-Forwarded-For"] = forwarded
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A token of a tenant with allowedNetworks is worth nothing elsewhere: it gets the answer of an
// unknown token at every endpoint, before the body is read; nothing is asked of Keycloak, and it
// does not count as a use or against the rate.
func TestTokenFromAnotherNetwork(t *testing.T) {
	f := withFiles(t, "acme", "globex")
	f.tenants.Trusted = transport.Networks([]string{"10.0.0.7", "192.0.2.77"})
	old, oldLine := mint(t, "acme", "old", ", expires: 2026-01-01")
	good, line := mint(t, "acme", "k1", "")
	file := "tenant: acme\nrealm: acme-realm\nrate: {requestsPerSecond: 0.001, burst: 6, concurrency: 1}\nserviceAccount: {clientID: c, secretFile: .secret}\ntokens:\n" + line + oldLine
	f.raw("acme", file+"allowedNetworks: [192.0.2.0/24, \"2001:db8::/32\"]\n")
	f.reload()
	core, logs := observer.New(zap.DebugLevel)
	f.sinks[len(f.sinks)-1] = observe.NewLog(zap.New(core))
	h := f.Handler()
	f.up.take()
	unknown := from(h, good+"x", "192.0.2.1:1").Body.String()

	requests := dropInRequests()
	for _, q := range requests {
		for _, base := range []string{"/scim/v2", "/tenants/acme/scim/v2"} {
			r := httptest.NewRequest(q[0], base+q[1], io.NopCloser(unread{t}))
			r.RemoteAddr = "198.51.100.1:1"
			r.Header.Set("Authorization", "Bearer "+good)
			w := httptest.NewRecorder()
			if h.ServeHTTP(w, r); w.Code != http.StatusUnauthorized || w.Body.String() != unknown || len(w.Header()["Www-Authenticate"]) != 1 {
				t.Errorf("%v: %d %s", q, w.Code, w.Body)
			}
		}
	}
	if asked := f.up.targets(); asked != "" {
		t.Error(asked)
	}
	if want := fmt.Sprintf("scim_token_refusals_total{key=\"k1\",realm=\"acme-realm\",reason=\"network\",tenant=\"acme\"} %d\n", 2*len(requests)); !strings.Contains(f.metrics(), want) {
		t.Error(f.metrics())
	}
	if used, known := f.tenants.life.Used(tokenlife.Name{Tenant: "acme", Key: "k1"}); known {
		t.Errorf("it was used at %s", used)
	}

	for name, row := range map[string]struct {
		token, peer string
		forwarded   []string
		want        string
	}{
		"allowed":                         {good, "192.0.2.9:1", nil, "200 192.0.2.9 acme k1 <nil>"},
		"allowed, IPv6":                   {good, "[2001:db8::1]:1", nil, "200 2001:db8::1 acme k1 <nil>"},
		"allowed, IPv4 in its IPv6 form":  {good, "[::ffff:192.0.2.9]:1", nil, "200 192.0.2.9 acme k1 <nil>"},
		"by a trusted proxy":              {good, "10.0.0.7:1", []string{"192.0.2.9"}, "200 192.0.2.9 acme k1 <nil>"},
		"refused":                         {good, "198.51.100.1:1", nil, "401 198.51.100.1 acme k1 network"},
		"spoofed":                         {good, "198.51.100.1:1", []string{"192.0.2.9"}, "401 198.51.100.1 acme k1 network"},
		"by a trusted proxy, refused":     {good, "10.0.0.7:1", []string{"198.51.100.1"}, "401 198.51.100.1 acme k1 network"},
		"by a trusted proxy, spoofed":     {good, "10.0.0.7:1", []string{"192.0.2.9, 198.51.100.1"}, "401 198.51.100.1 acme k1 network"},
		"by a trusted proxy, two headers": {good, "10.0.0.7:1", []string{"192.0.2.9", "198.51.100.1"}, "401 198.51.100.1 acme k1 network"},
		"the proxy tells nothing":         {good, "10.0.0.7:1", []string{"192.0.2.9, unknown"}, "401 10.0.0.7 acme k1 network"},
		"a proxy of the network":          {good, "192.0.2.77:1", []string{"unknown"}, "401 192.0.2.77 acme k1 network"},
		"the proxy itself":                {good, "10.0.0.7:1", nil, "401 10.0.0.7 acme k1 network"},
		"no address":                      {good, "@", nil, "401 <nil> acme k1 network"},
		"expired":                         {old, "198.51.100.1:1", nil, "401 198.51.100.1 acme old expired"},
		"unknown":                         {good + "x", "198.51.100.1:1", nil, "401 198.51.100.1  <nil> <nil>"},
		"of a tenant that allows all":     {f.tokens["globex"], "198.51.100.1:1", nil, "200 198.51.100.1 globex k1 <nil>"},
	} {
		logs.TakeAll()
		w := from(h, row.token, row.peer, row.forwarded...)
		line := logs.All()[0].ContextMap()
		if got := fmt.Sprint(w.Code, " ", line["address"], " ", line["tenant"], " ", line["key"], " ", line["token"]); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
	f.raw("acme", file+"allowedNetworks: [198.51.100.1]\n")
	f.reload()
	if a, b := from(h, good, "192.0.2.9:1").Code, from(h, good, "198.51.100.1:1").Code; a != 401 || b != 200 {
		t.Errorf("after a reload: %d, and %d from the new network", a, b)
	}
	f.raw("acme", file)
	f.reload()
	if a := from(h, good, "203.0.113.1:1").Code; a != 200 {
		t.Errorf("without the key: %d", a)
	}
}

// A network that cannot be read allows nothing, whoever has made the configuration.
func TestNetworksThatAreNone(t *testing.T) {
	f := withFiles(t, "acme")
	c := f.cfg.Tenants[0]
	c.AllowedNetworks = []string{"everywhere"}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	if one := f.tenant(c); !f.tenants.Outside(one.access(), r) {
		t.Error("every address is allowed")
	}
}
