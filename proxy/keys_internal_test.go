package proxy

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/notices"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/tokenlife"
	"keycloak-scim-proxy/proxy/tokens"
)

// mint makes a token, and its line in the file of a tenant.
func mint(t *testing.T, tenant, key, more string) (token, line string) {
	t.Helper()
	made, err := tokens.Mint(rand.Reader, tenant, key)
	if err != nil {
		t.Fatal(err)
	}
	sum := made.SHA256()
	return made.Reveal(), fmt.Sprintf("  - {id: %s, sha256: %q%s}\n", key, hex.EncodeToString(sum[:]), more)
}

// A token that was valid once is refused like any other, and is counted for its tenant, with its
// key and the reason. A guess is not: it has neither.
func TestRefusedTokensAreCounted(t *testing.T) {
	f := withFiles(t, "globex")
	const file = "tenant: acme\nrealm: acme-realm\nserviceAccount: {clientID: c, secretFile: .secret}\ntokens:\n"
	good, goodLine := mint(t, "acme", "good", "")
	removed, removedLine := mint(t, "acme", "removed", "")
	expired, expiredLine := mint(t, "acme", "expired", ", expires: 2026-01-01")
	revoked, revokedLine := mint(t, "acme", "revoked", ", revoked: 2026-01-01")
	guess, _ := mint(t, "acme", "expired", "")
	stranger, _ := mint(t, "acme", "stranger", "")
	f.raw("acme", file+goodLine+expiredLine+revokedLine+removedLine)
	f.reload()
	f.raw("acme", file+goodLine+expiredLine+revokedLine)
	f.reload()
	core, logs := observer.New(zap.DebugLevel)
	f.sinks[len(f.sinks)-1] = observe.NewLog(zap.New(core))
	h := f.Handler()
	body := ""
	for _, row := range []struct{ name, path, token, want string }{
		{"good", "/scim/v2", good, "200 acme acme-realm good <nil>"},
		{"expired", "/scim/v2", expired, "401 acme acme-realm expired expired"},
		{"revoked", "/scim/v2", revoked, "401 acme acme-realm revoked revoked"},
		{"its line was removed", "/scim/v2", removed, "401 acme acme-realm removed revoked"},
		{"by its own path", "/tenants/acme/scim/v2", expired, "401 acme acme-realm expired expired"},
		{"by another path", "/tenants/globex/scim/v2", expired, "401 acme acme-realm expired expired"},
		{"good, by another path", "/tenants/globex/scim/v2", good, "401   <nil> <nil>"},
		{"a guess of an expired one", "/scim/v2", guess, "401   <nil> <nil>"},
		{"an unknown key", "/scim/v2", stranger, "401   <nil> <nil>"},
	} {
		logs.TakeAll()
		r := httptest.NewRequest(http.MethodGet, "http://proxy"+row.path+"/ServiceProviderConfig", nil)
		r.Header.Set("Authorization", "Bearer "+row.token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		line := logs.All()[0].ContextMap()
		if got := fmt.Sprint(w.Code, " ", line["tenant"], " ", line["realm"], " ", line["key"], " ", line["token"]); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
		if w.Code == http.StatusUnauthorized && body != "" && w.Body.String() != body {
			t.Errorf("%s: the answer tells the reason: %s", row.name, w.Body)
		} else if w.Code == http.StatusUnauthorized {
			body = w.Body.String()
		}
	}
	metrics := f.metrics()
	for _, want := range []string{
		`scim_token_refusals_total{key="expired",realm="acme-realm",reason="expired",tenant="acme"} 3`,
		`scim_token_refusals_total{key="revoked",realm="acme-realm",reason="revoked",tenant="acme"} 1`,
		`scim_token_refusals_total{key="removed",realm="acme-realm",reason="revoked",tenant="acme"} 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("no %s", want)
		}
	}
	if n := strings.Count(metrics, "scim_token_refusals_total{"); n != 3 {
		t.Errorf("%d series", n)
	}
	f.remove("acme")
	f.reload()
	if _, name, _, err := f.tenants.Now().Lookup(removed, time.Now()); name != "" || err == nil {
		t.Errorf("the tenant is gone, and its token is remembered: %s %v", name, err)
	}
}

// The metrics show when a key was last used and when its token expires, and nothing of one that is
// revoked. A refused token is not a use.
func TestKeyMetrics(t *testing.T) {
	f := withFiles(t)
	now := time.Unix(1_800_000_000, 0)
	f.now = func() time.Time { return now }
	expired, first := mint(t, "acme", "k1", fmt.Sprintf(", expires: %s", now.Add(-time.Hour).UTC().Format(time.RFC3339)))
	used, second := mint(t, "acme", "k2", fmt.Sprintf(", expires: %s", now.Add(time.Hour).UTC().Format(time.RFC3339)))
	_, third := mint(t, "acme", "k3", "")
	_, fourth := mint(t, "acme", "k4", ", revoked: 2026-01-01, expires: 2040-01-01")
	f.raw("acme", "tenant: acme\nrealm: r\nserviceAccount: {clientID: c, secretFile: .secret}\ntokens:\n"+first+second+third+fourth)
	f.reload()
	h := f.Handler()
	f.tokens["expired"], f.tokens["used"] = expired, used
	if a, b := f.status(h, "expired"), f.status(h, "used"); a != 401 || b != 200 {
		t.Error(a, b)
	}
	var got []string
	for line := range strings.SplitSeq(f.metrics(), "\n") {
		if strings.HasPrefix(line, "scim_token_expires") || strings.HasPrefix(line, "scim_token_last") {
			got = append(got, line)
		}
	}
	want := `scim_token_expires_in_seconds{key="k1",realm="r",tenant="acme"} -3600 ` +
		`scim_token_expires_in_seconds{key="k2",realm="r",tenant="acme"} 3600 ` +
		`scim_token_last_used_timestamp_seconds{key="k2",realm="r",tenant="acme"} 1.8e+09`
	if text := strings.Join(got, " "); text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	f.operator.Expires(f.keys()[1], time.Hour, now)
	f.operator.Expires(f.keys()[0], -time.Hour, time.Time{})
	soon, gone := f.logs.FilterMessageSnippet("expires soon").All(), f.logs.FilterMessageSnippet("has expired").All()
	if len(soon) != 1 || soon[0].ContextMap()["key"] != "k2" || soon[0].ContextMap()["lastUsed"] == nil || len(gone) != 1 || gone[0].ContextMap()["lastUsed"] != nil {
		t.Errorf("%+v %+v", soon, gone)
	}
	if at, known := f.tenants.life.Used(tokenlife.Name{Tenant: "acme", Key: "k1"}); known {
		t.Errorf("a refused token was used at %s", at)
	}
}

// A running proxy warns of tokens, and keeps their last use: another process on the same store
// knows it.
func TestRunFollowsTokens(t *testing.T) {
	f := withFiles(t)
	token, line := mint(t, "acme", "k1", ", expires: "+time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	f.raw("acme", "tenant: acme\nrealm: r\nserviceAccount: {clientID: c, secretFile: .secret}\ntokens:\n"+line)
	f.reload()
	f.tokens["acme"] = token
	log := make(lines, 1000)
	f.operator = notices.Operator{Log: zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), log, zap.WarnLevel)), Metrics: f.Proxy.metrics}
	f.tenants.life.Warn = f.operator.Expires
	f.cfg.Listen, f.cfg.AdminListen = "127.0.0.1:0", ""
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx, func(net.Addr) {}) }()
	if said := <-log; !strings.Contains(said, `"key":"k1"`) || !strings.Contains(said, "expires soon") {
		t.Error(said)
	}
	if status := f.status(f.Handler(), "acme"); status != http.StatusOK {
		t.Fatal(status)
	}
	used, _ := f.tenants.life.Used(tokenlife.Name{Tenant: "acme", Key: "k1"})
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	again, err := New(f.cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = again.Close() }()
	again.reload()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	again.tenants.life.Warn = func(_ tokenlife.Key, _ time.Duration, at time.Time) { // after the records were read
		if !at.Equal(used) || used.IsZero() {
			t.Errorf("another process knows the use %s, want %s", at, used)
		}
		stop()
	}
	again.tenants.life.Run(ctx)
}
