package test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

const opened, closed = "the circuit is open", "the circuit is closed"

// followed gives the world a proxy that reaches Keycloak at a URL and forwards other paths to it,
// and returns its log.
func (w *world) followed(t *testing.T, keycloak string, call, request time.Duration) *follower {
	t.Helper()
	cfg, log := w.cfg, newFollower()
	cfg.Keycloak.URL, cfg.Keycloak.Timeout, cfg.Limits.Request = keycloak, config.Duration(call), config.Duration(request)
	cfg.DropIn.Passthrough = new(config.DefaultPassthrough())
	cfg.DropIn.Passthrough.Timeout = config.Duration(request)
	cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	url, stop := proxytest.Start(t, cfg, zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), log, zap.InfoLevel)))
	t.Cleanup(stop)
	w.proxy = url
	return log
}

// everything is a request of each kind on a user: its method, path and body.
func everything(user string, n int) [][3]string {
	return [][3]string{
		{"GET", user, ""},
		{"GET", "/Users?count=100", ""},
		{"GET", "/Users?filter=name.familyName%20sw%20%22Q%22", ""},
		{"POST", "/Users", directorytest.Sample(n).With("title", `"late"`).String()},
		{"PATCH", user, patchBody([]scim.Op{opOn(scim.ReplaceAll, "name.givenName", `"Late"`)})},
		{"POST", "/Bulk", bulkOf(fmt.Sprintf("late%d-", n), 40)},
	}
}

// raw sends a request and returns its status, header and body; 0 if there is no answer.
func (c client) raw(t *testing.T, method, path, body string) kctest.Reply {
	t.Helper()
	return raw(t, method, c.base+path, body, "Authorization", "Bearer "+c.token)
}

func raw(t *testing.T, method, target, body string, headers ...string) kctest.Reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return kctest.Reply{}
	}
	req.Header.Set("Content-Type", "application/scim+json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return kctest.Reply{}
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return kctest.Reply{Status: res.StatusCode, Header: res.Header, Body: b}
}

// recovered waits until the proxy has noticed that Keycloak is back: while the circuit is open, it
// does so within a second.
func (c client) recovered(t *testing.T) {
	t.Helper()
	for {
		_, err := c.send(t.Context(), "GET", "/Users?count=1", "")
		if scim.Status(err) != http.StatusServiceUnavailable {
			return
		}
	}
}

// mayBeRetried fails the test unless an answer says that the request may be sent again later: as a
// whole, or, of a bulk request, each operation.
func mayBeRetried(t *testing.T, what string, a kctest.Reply) {
	t.Helper()
	again := func(status int64) bool { return status == 503 || status == 504 }
	if a.Status != http.StatusOK && again(int64(a.Status)) {
		return
	}
	rows := gjson.GetBytes(a.Body, "Operations").Array()
	for _, row := range rows {
		if !again(row.Get("status").Int()) {
			t.Errorf("%s: %s", what, row)
		}
	}
	if a.Status != http.StatusOK || len(rows) == 0 {
		t.Errorf("%s: %d %s", what, a.Status, a.Body)
	}
}

// The network drops all packets, so connections stay and nothing comes. Every request ends by its
// own deadline, because nothing else can end it here. Then the circuit opens: requests end without
// a call. When packets come again, the next request works, and nothing that was acknowledged is
// lost.
func TestFrozenConnection(t *testing.T) {
	w := newWorld(t)
	wire := newWire(t, w.realm.Server.URL)
	log := w.followed(t, wire.url(), 2*time.Second, 3*time.Second)
	c := client{w.base(), w.tenantToken}
	made, err := c.send(t.Context(), "POST", "/Users", directorytest.Sample(1).With("title", `"kept"`).String())
	if err != nil {
		t.Fatal(err)
	}
	user := "/Users/" + made.Resource.ID()
	wire.freeze()
	var all sync.WaitGroup
	for _, q := range everything(user, 10) {
		all.Go(func() { mayBeRetried(t, q[0]+" "+q[1], c.raw(t, q[0], q[1], q[2])) })
	}
	all.Go(func() {
		if a := raw(t, "GET", w.proxy+"/realms/"+w.realm.Name, ""); a.Status != http.StatusGatewayTimeout {
			t.Errorf("forwarded: %d %s", a.Status, a.Body)
		}
	})
	all.Wait()
	log.await(t, opened, 1)
	before := len(log.with(`"msg":"request"`))
	for _, q := range everything(user, 60) {
		what, a := q[0]+" "+q[1], c.raw(t, q[0], q[1], q[2])
		if mayBeRetried(t, what, a); a.Status != http.StatusOK && a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d without Retry-After", what, a.Status)
		}
	}
	for _, line := range log.with(`"msg":"request"`)[before:] {
		if gjson.Get(line, "keycloakCalls").Int() != 0 {
			t.Errorf("Keycloak was called although the circuit is open: %s", line)
		}
	}
	wire.thaw()
	log.await(t, closed, 1)
	got, err := c.send(t.Context(), "GET", user, "")
	if err != nil || got.Resource.Raw("title") != `"kept"` {
		t.Errorf("%v %s", err, got.Resource)
	}
	if a := raw(t, "GET", w.proxy+"/realms/"+w.realm.Name, ""); a.Status != http.StatusOK {
		t.Errorf("forwarded: %d %s", a.Status, a.Body)
	}
	i := creation{w, directorytest.Sample(10).With("title", `"late"`)}
	if err := i.retry(t.Context(), c); err != nil {
		t.Errorf("the retry of the create: %v", err)
	}
	if a, n := len(log.with(opened)), len(log.with(closed)); a != 1 || n != 1 {
		t.Errorf("%d lines say that the circuit is open, %d that it is closed", a, n)
	}
}

// Keycloak answers requests for one realm too late. They end by their deadline, and those for
// another realm are not concerned: the circuit stays closed, because Keycloak answers its probe.
func TestSlowRealm(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	log := w.followed(t, f.URL, time.Second, 3*time.Second)
	other := kctest.NewRealm(t)
	reader := other.Token("scim", other.ServiceAccount("scim", "manage-users"))
	c, slowly := client{w.base(), w.tenantToken}, make(chan struct{})
	elsewhere := client{w.proxy + "/realms/" + other.Name + "/scim/v2", reader}
	if _, err := c.send(t.Context(), "GET", "/Users", ""); err != nil {
		t.Fatal(err)
	}
	defer close(slowly)
	var probes atomic.Int64
	hold := *slow(slowly, func(r *http.Request) bool { return strings.Contains(r.URL.Path, w.realm.Name) })
	watch := func(rw http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/realms/master/") {
			probes.Add(1)
		}
		return hold(rw, r)
	}
	f.Before.Store(&watch)
	for range 3 {
		_ = together(20, func(i int) error {
			q := everything("/Users/x", 100)[i%5]
			mayBeRetried(t, q[0]+" "+q[1], c.raw(t, q[0], q[1], q[2]))
			return nil
		})
		if _, err := elsewhere.send(t.Context(), "GET", "/Users?count=1", ""); err != nil {
			t.Errorf("another realm: %v", err)
		}
	}
	if probes.Load() < 2 || len(log.with(opened)) > 0 {
		t.Errorf("%d probes; %q", probes.Load(), log.with(opened))
	}
}
