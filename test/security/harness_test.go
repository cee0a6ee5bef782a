package security

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// world is a new realm, a Redis, and a proxy that serves the realm drop-in and as one tenant.
// Callers have names:
//
//	acme      the tenant's token
//	manager   drop-in, may manage users
//	reader    drop-in, may view users and groups
//	querier   drop-in, may query users and see none
//	grouper   drop-in, may query groups and see none
//	`nobody`  drop-in, a valid token without any role
//	forged    the token of `nobody` with another signature
//	garbage   a text that is not a token
//	none      no token at all
type world struct {
	t        *testing.T
	realm    *kctest.Realm
	upstream *proxytest.Upstream
	redis    *redisserver.Server
	cfg      config.Config
	url      string
	tokens   map[string]string
}

// strangers are the callers without a token that Keycloak or the proxy issued.
var strangers = []string{"none", "garbage", "forged"}

func newWorld(t *testing.T, change ...func(*config.Config)) *world {
	t.Helper()
	w := &world{t: t, realm: kctest.NewRealm(t), redis: redisserver.Start(t, redisserver.Options{})}
	w.upstream = proxytest.NewUpstream(t, w.realm.Server.URL)
	w.cfg = config.DropInOnly(w.upstream.URL, "")
	w.cfg.Store = config.Store{Redis: &config.Redis{Addresses: []string{w.redis.Addr}, Prefix: "kscim:"}}
	w.tokens = map[string]string{"none": "", "garbage": "garbage"}
	w.tenant("acme", "scim", w.realm.ServiceAccount("scim", "manage-users"))
	for who, roles := range map[string][]string{"manager": {"manage-users"}, "reader": {"view-users"}, "querier": {"query-users"}, "grouper": {"query-groups"}, "nobody": nil} {
		w.tokens[who] = w.realm.Token(who, w.realm.ServiceAccount(who, roles...))
	}
	signature := strings.LastIndexByte(w.tokens["nobody"], '.') + 1
	w.tokens["forged"] = w.tokens["nobody"][:signature] + strings.Repeat("A", len(w.tokens["nobody"])-signature)
	for _, c := range change {
		c(&w.cfg)
	}
	w.serve()
	return w
}

// serve runs a proxy with the current configuration.
func (w *world) serve() {
	w.t.Helper()
	w.url = proxytest.Serve(w.t, w.cfg)
}

// tenant adds a tenant of the whole realm to the configuration. It uses the service account of a
// client.
func (w *world) tenant(name, clientID, secret string) {
	w.t.Helper()
	file := filepath.Join(w.t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		w.t.Fatal(err)
	}
	text, entry := proxytest.Mint(w.t, name)
	tenant := config.DefaultTenant()
	tenant.Tenant, tenant.Realm, tenant.Tokens = name, w.realm.Name, []config.Token{entry}
	tenant.ServiceAccount = config.ServiceAccount{ClientID: clientID, SecretFile: file}
	w.cfg.Tenants = append(w.cfg.Tenants, tenant)
	w.tokens[name] = text
}

// base returns the SCIM base URL of a caller.
func (w *world) base(who string) string {
	if slices.ContainsFunc(w.cfg.Tenants, func(t config.Tenant) bool { return t.Tenant == who }) {
		return w.url + "/scim/v2"
	}
	return w.url + "/realms/" + w.realm.Name + "/scim/v2"
}

// send sends a request as a caller, with a path below the caller's base URL.
func (w *world) send(who, method, path, body string) kctest.Reply {
	w.t.Helper()
	return w.request(w.tokens[who], method, w.base(who)+path, body)
}

func (w *world) request(token, method, url, body string) kctest.Reply {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json")
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		w.t.Fatalf("%s %.200s: %v", method, url, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return kctest.Reply{Status: res.StatusCode, Header: res.Header, Body: b}
}

// make creates a resource as a caller and returns its id.
func (w *world) make(who, path, body string) string {
	w.t.Helper()
	a := w.send(who, "POST", path, body)
	if a.Status != 201 {
		w.t.Fatalf("POST %s: %d %s", path, a.Status, a.Body)
	}
	return gjson.GetBytes(a.Body, "id").String()
}

// user returns a user with attributes that only the proxy stores.
func user(name string) string {
	return `{"schemas":["` + scim.UserURN + `","` + scim.EnterpriseURN + `"],"userName":"` + name + `","externalId":"e-` + name + `","title":"T ` + name + `",` +
		`"name":{"givenName":"G","familyName":"F"},"emails":[{"value":"` + name + `@example.com","type":"work","primary":true}],"` + scim.EnterpriseURN + `":{"department":"D ` + name + `"}}`
}

func group(name string) string {
	return `{"schemas":["` + scim.GroupURN + `"],"displayName":"` + name + `","externalId":"x-` + name + `"}`
}

func patch(ops ...string) string {
	return `{"schemas":["` + scim.PatchURN + `"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

// dump returns every key of the store with its content, except locks, which expire, and the names
// of realms in which a token was accepted.
const dump = `local out = {}
for _, k in ipairs(redis.call('KEYS', 'kscim:*')) do
  local kind = redis.call('TYPE', k).ok
  if string.find(k, '}:l:', 1, true) or string.find(k, '{realms}', 1, true) then
  elseif kind == 'hash' then out[k] = redis.call('HGETALL', k)
  elseif kind == 'zset' then out[k] = redis.call('ZRANGE', k, 0, -1)
  else out[k] = {redis.call('GET', k)} end
end
return cjson.encode(out)`

// records returns the content of the store by key.
func (w *world) records() map[string]string {
	w.t.Helper()
	text, err := w.redis.Do("EVAL", dump, "0")
	if err != nil {
		w.t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for k, v := range raw {
		// Each request may change the last use of a token and rates, and a refused write has an entry
		// in the journal.
		if !strings.Contains(k, "{tokens}") && !strings.Contains(k, "{limit.") && !strings.Contains(k, "{journal.") {
			out[k] = string(v)
		}
	}
	return out
}

// unchanged fails the test for every key of the store that has changed or is new.
func (w *world) unchanged(what string, before map[string]string) {
	w.t.Helper()
	after := w.records()
	for _, k := range slices.Sorted(maps.Keys(before)) {
		if after[k] != before[k] {
			w.t.Errorf("%s: %s was %.300s and is %.300s", what, k, before[k], after[k])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(after)) {
		if _, there := before[k]; !there {
			w.t.Errorf("%s: %s is new: %.300s", what, k, after[k])
		}
	}
}
