package test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// receivers gives a world a webhook at a local server, and a receiver that polls.
func (w *world) receivers(t *testing.T) (hook *hookServer, token string) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hook, token = &hookServer{secret: rand.Text() + rand.Text()}, rand.Text()
	server := httptest.NewServer(hook)
	t.Cleanup(server.Close)
	key, err := clientkey.Generate(clientkey.ES256)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	to := config.DefaultWebhook()
	to.URL, to.SecretFile = server.URL, file("secret", []byte(hook.secret+"\n"))
	sum := sha256.Sum256([]byte(token))
	w.cfg.Events = &config.Events{Issuer: "https://scim.example.com", KeyFiles: []string{file("set.key", pem)}, Receivers: []config.Receiver{
		{Name: "siem", Tenants: []string{"acme"}, Webhook: &to},
		{Name: "crm", AllTenants: true, Poll: &config.Poll{Audience: "https://crm.example.com", TokenSHA256: []string{hex.EncodeToString(sum[:])}}},
		{Name: "other", Tenants: []string{"globex"}, Webhook: &to},
	}}
	return hook, token
}

// hookServer verifies the signature of each event, and keeps it. It fails the first request.
type hookServer struct {
	secret string
	mu     sync.Mutex
	asked  int
	got    []string
	wrong  []string
}

func (h *hookServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked++; h.asked == 1 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	stamp, mac, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Scim-Proxy-Signature"), "t="), ",v1=")
	want := hmac.New(sha256.New, []byte(h.secret))
	want.Write([]byte(stamp + "." + string(body)))
	if given, err := hex.DecodeString(mac); err != nil || !hmac.Equal(given, want.Sum(nil)) {
		h.wrong = append(h.wrong, r.Header.Get("X-Scim-Proxy-Signature"))
	}
	h.got = append(h.got, string(body))
}

func (h *hookServer) all() (got, wrong []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.got), slices.Clone(h.wrong)
}

// poll asks for events, acknowledges them, and returns the claims in their order.
func poll(t *testing.T, proxy, token string) (claims []string) {
	t.Helper()
	ask := func(method, path, body string) []byte {
		r, err := http.NewRequestWithContext(t.Context(), method, proxy+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil || a.StatusCode != http.StatusOK {
			t.Fatal(err, a.StatusCode, string(b))
		}
		return b
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(ask("GET", "/events/jwks.json", ""), &keys); err != nil {
		t.Fatal(err)
	}
	sets := gjson.GetBytes(ask("POST", "/events/crm", `{"returnImmediately":true}`), "sets").Map()
	var ids []string
	for id := range sets {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		parsed, err := jose.ParseSignedCompact(sets[id].String(), []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := parsed.Verify(keys.Key(parsed.Signatures[0].Header.KeyID)[0])
		if err != nil {
			t.Fatal(err)
		}
		claims = append(claims, string(payload))
	}
	ack, err := json.Marshal(map[string]any{"ack": ids, "maxEvents": 0})
	if err != nil {
		t.Fatal(err)
	}
	ask("POST", "/events/crm", string(ack))
	if left := gjson.GetBytes(ask("POST", "/events/crm", `{"returnImmediately":true}`), "sets").Map(); len(left) > 0 {
		t.Errorf("%d events are left", len(left))
	}
	return claims
}

// Every change is at a webhook and by poll, in order, signed, and without values.
func TestEvents(t *testing.T) {
	r := kctest.NewRealm(t)
	w := plannedWorld(t, r, r.Server.URL)
	hook, token := w.receivers(t)
	w.proxy = proxytest.Serve(t, w.cfg)
	c := client{w.base(), w.tenantToken}
	send := func(method, path, body string) string {
		t.Helper()
		a, err := c.send(t.Context(), method, path, body)
		if err != nil {
			t.Fatal(err)
		}
		return a.Resource.ID()
	}
	patch := func(ops string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + ops + `]}`
	}
	user := send("POST", "/Users", `{"schemas":["`+scim.UserURN+`"],"userName":"hunter2","externalId":"hunter2-x","title":"hunter2-t","active":true,`+
		`"name":{"givenName":"Hunter2","familyName":"Hunter2"},"emails":[{"value":"hunter2@example.com","primary":true}]}`)
	send("PATCH", "/Users/"+user, patch(`{"op":"replace","path":"title","value":"hunter2-u"},{"op":"replace","path":"name.givenName","value":"Hunter2b"}`))
	send("PATCH", "/Users/"+user, patch(`{"op":"replace","path":"active","value":false}`))
	of := send("POST", "/Groups", `{"schemas":["`+scim.GroupURN+`"],"displayName":"hunter2-g"}`)
	send("PATCH", "/Groups/"+of, patch(`{"op":"add","path":"members","value":[{"value":"`+user+`"}]}`))
	if _, err := c.send(t.Context(), "POST", "/Users", `{"schemas":["`+scim.UserURN+`"],"userName":"hunter2"}`); err == nil {
		t.Fatal("a second user of the name is created")
	}
	send("DELETE", "/Users/"+user, "")

	const prov = "urn:ietf:params:scim:event:prov:"
	want := []struct{ verb, resource, events string }{
		{"create", user, prov + "create:notice"},
		{"patch", user, prov + "patch:notice"},
		{"patch", user, prov + "deactivate " + prov + "patch:notice"},
		{"create", of, prov + "create:notice"},
		{"patch", of, prov + "patch:notice"},
		{"delete", user, prov + "delete"},
	}
	var got, wrong []string
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if got, wrong = hook.all(); len(got) >= len(want) {
			break
		}
	}
	if len(got) != len(want) || len(wrong) > 0 {
		t.Fatalf("%d events, wrong signatures: %q\n%s", len(got), wrong, strings.Join(got, "\n"))
	}
	claims := poll(t, w.proxy, token)
	if len(claims) != len(want) {
		t.Fatalf("%d tokens: %s", len(claims), strings.Join(claims, "\n"))
	}
	for i, one := range want {
		b := gjson.Parse(got[i])
		if b.Get("verb").String() != one.verb || b.Get("resource").String() != one.resource || b.Get("tenant").String() != "acme" || b.Get("actor.key").String() != "k1" {
			t.Errorf("webhook %d: %s", i, got[i])
		}
		s := gjson.Parse(claims[i])
		var events []string
		s.Get("events").ForEach(func(k, _ gjson.Result) bool { events = append(events, k.String()); return true })
		slices.Sort(events)
		if strings.Join(events, " ") != one.events || !strings.HasSuffix(s.Get("sub_id.uri").String(), "s/"+one.resource) || s.Get("txn").String() != b.Get("txn").String() ||
			s.Get("jti").String() == b.Get("id").String() || s.Get("aud").String() != "https://crm.example.com" {
			t.Errorf("token %d: %s", i, claims[i])
		}
	}
	if m := gjson.Get(got[4], "membersAdded"); fmt.Sprint(m) != `["`+user+`"]` {
		t.Errorf("members: %s", got[4])
	}
	if a := gjson.Get(got[1], "attributes"); !strings.Contains(a.Raw, `"title"`) || !strings.Contains(a.Raw, `"name.givenName"`) {
		t.Errorf("attributes: %s", a)
	}
	if all := strings.ToLower(strings.Join(append(got, claims...), "\n")); strings.Contains(all, "hunter2") {
		t.Error(all)
	}
}
