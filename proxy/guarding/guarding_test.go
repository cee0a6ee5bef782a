package guarding_test

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/guarding"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/notices"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store/storetest"
	"keycloak-scim-proxy/proxy/webhook"
)

// site has guards over a store in memory, with their log and metrics.
type site struct {
	*guarding.Guards
	t        *testing.T
	store    *storetest.Memory
	logs     *observer.ObservedLogs
	registry *prometheus.Registry
	tenants  []observe.Tenancy
}

func newSite(t *testing.T, c config.Guard, tenants ...string) *site {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	s := &site{t: t, store: storetest.NewMemory(), logs: logs, registry: prometheus.NewRegistry()}
	m := observe.NewMetrics(s.registry, time.Now)
	for _, name := range tenants {
		s.tenants = append(s.tenants, observe.Tenancy{Tenant: name, Realm: "saas"})
	}
	m.Follow(s.tenants)
	s.Guards = guarding.New(guarding.Options{
		Engine: s.store, Default: c, Operator: notices.Operator{Log: zap.New(core), Metrics: m}, Now: time.Now,
		Tenants: func() []observe.Tenancy { return s.tenants },
	})
	s.registry.MustRegister(s.Guards)
	return s
}

// none is a guard that lets no user leave.
func none() config.Guard {
	c := config.DefaultGuard()
	c.Users = config.GuardUsers{}
	return c
}

func user(name string, active bool) scim.Resource {
	return document.Must(fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"active":%t}`, name, active))
}

// hired is a directory with active users, and their ids.
func hired(t *testing.T, names ...string) (d *directorytest.Memory, ids []string) {
	t.Helper()
	d = directorytest.NewMemory(directorytest.KeycloakCapabilities())
	for _, name := range names {
		made, err := d.Create(t.Context(), scim.User, user(name, true))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, made.ID())
	}
	return d, ids
}

// leave deactivates a user through the layer, as the caller.
func leave(t *testing.T, g *guarding.Guard, d directory.Directory, c journaling.Caller, id string) error {
	t.Helper()
	counted := directorytest.NewMemory(directorytest.KeycloakCapabilities()) // another one, because an edit holds the lock of d
	layer := journaling.Over(d, g.Over(counted))
	c.Now = func(context.Context) journaling.Circumstances { return journaling.Circumstances{} }
	s := journaling.Service(nil, protocol.ServiceFunc(func(ctx context.Context, _ protocol.Call) (protocol.Answer, error) {
		_, err := layer.Update(ctx, scim.Ref{Type: scim.User, ID: id}, func(now scim.Resource) (scim.Resource, error) {
			return now.With("active", "false"), nil
		})
		return protocol.Answer{}, err
	}), c)
	_, err := s.Do(t.Context(), protocol.Patch{Ref: scim.Ref{Type: scim.User, ID: id}})
	return err
}

// A provider is held, before anything is changed. An operator who undoes a change is not.
func TestOperatorsAreNotHeld(t *testing.T) {
	s := newSite(t, none(), "acme")
	g := s.Of("acme", "saas", nil)
	d, ids := hired(t, "ada")
	if err := leave(t, g, d, journaling.Caller{}, ids[0]); scim.Status(err) != http.StatusTooManyRequests {
		t.Error(err)
	}
	if now, err := d.Get(t.Context(), scim.Ref{Type: scim.User, ID: ids[0]}, directory.Fields{}); err != nil || now.Get(scim.AttrPath{Name: "active"}) != "true" {
		t.Error(now, err)
	}
	if err := leave(t, g, d, journaling.Caller{Verb: "undo", Undoes: "r1"}, ids[0]); err != nil {
		t.Error(err)
	}
}

// Urgent names are compared as Keycloak compares them, and a file is read anew for each.
func TestUrgent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "urgent.txt")
	c := none()
	c.Urgent, c.UrgentFile = []string{" ADA@example.com"}, file
	s := newSite(t, c, "acme")
	d, ids := hired(t, "ada@Example.com", "bob", "Cécile", "#eve", "mallory")
	held := func(i int) bool {
		err := leave(t, s.Of("acme", "saas", nil), d, journaling.Caller{}, ids[i])
		if err != nil && scim.Status(err) != http.StatusTooManyRequests {
			t.Error(err)
		}
		return err != nil
	}
	if held(0) || !held(1) { // there is no file yet
		t.Error("ada is held, or bob is not")
	}
	if err := os.WriteFile(file, []byte("# today\r\n\r\n  BOB  # by phone\r\nCÉCILE"), 0o600); err != nil {
		t.Fatal(err)
	}
	if held(1) || held(2) || !held(3) || !held(4) {
		t.Error("bob or Cécile is held, or another user is not")
	}
	if err := os.WriteFile(file, []byte("mallory\n"+strings.Repeat("#", 1<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	if !held(4) {
		t.Error("a file that is too large is read")
	}
}

// A tenant's section replaces that of the main file except its webhook.
func TestConfigured(t *testing.T) {
	off, own := config.Guard{Off: true, Window: config.Duration(time.Hour)}, none()
	s := newSite(t, config.DefaultGuard(), "acme")
	d, ids := hired(t, "ada")
	if s.Of("acme", "saas", &off).Over(d) != nil || s.Of("acme", "saas", &config.Guard{}) != nil {
		t.Error("a guard that is off has a function")
	}
	if err := leave(t, s.Of("acme", "saas", &own), d, journaling.Caller{}, ids[0]); scim.Status(err) != http.StatusTooManyRequests {
		t.Error(err)
	}
	if err := leave(t, s.Of("globex", "saas", nil), d, journaling.Caller{}, ids[0]); err != nil {
		t.Error(err)
	}
}

// The webhook of the main file gets one event, which is signed.
func TestWebhook(t *testing.T) {
	got := make(chan error, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var e struct{ Event, Tenant, Realm, Kind, Window, Release string }
		seconds, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get(webhook.SignatureHeader), "t="), ",")
		var at int64
		_, _ = fmt.Sscan(seconds, &at)
		err := json.Unmarshal(body, &e)
		if want := webhook.Sign("s3cret", time.Unix(at, 0), body); !hmac.Equal([]byte(want), []byte(r.Header.Get(webhook.SignatureHeader))) {
			err = errors.Join(err, errors.New("wrong signature"))
		}
		if e.Event != "guard.tripped" || e.Tenant != "acme" || e.Realm != "saas" || e.Kind != "users" || e.Window != "1h0m0s" || !strings.Contains(e.Release, "guard acme release") {
			err = errors.Join(err, fmt.Errorf("%s", body))
		}
		got <- err
	}))
	defer hook.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	main, own := config.DefaultGuard(), none()
	main.Webhook = &config.GuardWebhook{URL: hook.URL + "/hook", SecretFile: secret}
	s := newSite(t, main, "acme")
	d, ids := hired(t, "ada", "bob")
	for _, id := range ids {
		if err := leave(t, s.Of("acme", "saas", &own), d, journaling.Caller{}, id); scim.Status(err) != http.StatusTooManyRequests {
			t.Error(err)
		}
	}
	if err := <-got; err != nil {
		t.Error(err)
	}
	if len(got) > 0 {
		t.Error("a second event")
	}
	if lines := s.logs.FilterMessageSnippet("the guard holds").Len(); lines != 1 {
		t.Errorf("%d lines", lines)
	}
}

// gauges are the metrics of the guards, as text.
func (s *site) gauges() string {
	s.t.Helper()
	all, err := s.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	var out strings.Builder
	for _, f := range all {
		if !strings.HasPrefix(f.GetName(), "scim_guard") {
			continue
		}
		for _, m := range f.GetMetric() {
			fmt.Fprintf(&out, "%s %s %v\n", f.GetName(), m.GetLabel()[len(m.GetLabel())-1].GetValue(), m.GetGauge().GetValue()+m.GetCounter().GetValue())
		}
	}
	return out.String()
}

// pass lets the guards look at their states once.
func (s *site) pass() []string {
	s.t.Helper()
	s.logs.TakeAll()
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		s.Run(ctx)
		close(done)
	}()
	synctest.Wait() // it has looked
	cancel()
	<-done
	var said []string
	for _, l := range s.logs.All() {
		said = append(said, l.Message)
	}
	return said
}

// A release and its end are logged and shown by every process, and a guard that held changes before
// the start is logged then.
func TestRun(t *testing.T) { synctest.Test(t, testRun) }

func testRun(t *testing.T) {
	s := newSite(t, none(), "acme", "globex")
	d, ids := hired(t, "ada")
	_ = leave(t, s.Of("acme", "saas", nil), d, journaling.Caller{}, ids[0])
	_ = leave(t, s.Of("realm:other", "other", nil), d, journaling.Caller{}, ids[0])
	o := budget.Operate{Space: s.store.Open(budget.SpaceName), Tenant: "acme", Window: time.Hour, Now: time.Now}
	for _, step := range []struct {
		do     func() error
		says   string
		gauges string
	}{
		{func() error { return nil }, "the guard holds changes", "scim_guard_holding acme 1\nscim_guard_holding globex 0\n"},
		{func() error { return nil }, "", "scim_guard_released acme 0\n"},
		{func() error { return o.Release(t.Context(), time.Now().Add(time.Hour), "ops") }, "is released", "scim_guard_released acme 1\n"},
		{func() error { return o.Release(t.Context(), time.Now().Add(2*time.Hour), "ops") }, "is released", "scim_guard_holding acme 0\n"},
		{func() error { return o.Close(t.Context(), "ops") }, "is closed again", "scim_guard_released acme 0\n"},
		{func() error { s.tenants = s.tenants[1:]; return nil }, "", "scim_guard_holding globex 0\n"},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		said := strings.Join(s.pass(), "\n")
		if (step.says == "") != (said == "") || !strings.Contains(said, step.says) || !strings.Contains(s.gauges(), step.gauges) {
			t.Errorf("%s: %q\n%s", step.says, said, s.gauges())
		}
	}
	if all := s.gauges(); !strings.Contains(all, "scim_guard_refusals_total realm:* 1") {
		t.Error(all)
	}
}

// Metrics name at most observe.MostTenants tenants.
func TestLabelsAreBounded(t *testing.T) { synctest.Test(t, testLabels) }

func testLabels(t *testing.T) {
	var names []string
	for i := range observe.MostTenants + 50 {
		names = append(names, fmt.Sprintf("t%03d", i))
	}
	s := newSite(t, none(), names...)
	d, ids := hired(t, "ada")
	for _, name := range append(names, "realm:a", "realm:b") {
		_ = leave(t, s.Of(name, strings.TrimPrefix(name, "realm:"), nil), d, journaling.Caller{}, ids[0])
	}
	s.pass()
	all := s.gauges()
	if n := strings.Count(all, "scim_guard_holding"); n != observe.MostTenants+1 || !strings.Contains(all, "scim_guard_holding other 1") || !strings.Contains(all, "scim_guard_refusals_total other 50") {
		t.Errorf("%d\n%s", n, all)
	}
}
