package proxy

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/observe"
)

// metrics returns the answer of /metrics.
func metrics(t *testing.T, p *Proxy) string {
	t.Helper()
	w := httptest.NewRecorder()
	p.adminHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	return w.Body.String()
}

// Requests fill the metrics of their parts, and the names of all metrics are as Prometheus advises.
func TestMetricsOfParts(t *testing.T) {
	b := newBench(t, 2)
	p := b.proxy
	b.send(t, http.StatusOK, http.MethodGet, benchID, "")
	b.send(t, http.StatusOK, http.MethodGet, "/Users?count=10", "")
	b.send(t, http.StatusOK, http.MethodPatch, benchID, entraPatch("Byron"))
	b.send(t, http.StatusOK, http.MethodGet, "/Users?filter=externalId+eq+%22unknown%22", "")
	b.send(t, http.StatusOK, http.MethodGet, "/Users?filter=externalId+eq+%220a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef%22", "")
	b.send(t, http.StatusBadRequest, http.MethodGet, "/Users?filter=x", "")
	if status, _ := ready(t, p); status != http.StatusOK {
		t.Error("not ready")
	}
	ctx, cancel := context.WithCancel(t.Context())
	go p.monitor.Run(ctx)
	<-p.Checked()
	cancel()
	p.metrics.Observe(observe.Summary{Tenant: "acme", Realm: "acme", Verb: "get", Status: 401, Refused: "expired", Limited: "rate"}, time.Second)
	p.metrics.Shared("acme", "acme", 1)
	observe.Pool{Metrics: p.metrics, Log: p.log, Tenant: "acme", Realm: "acme"}.Changed(1, 2, "", false)
	text := metrics(t, p)
	for _, want := range []string{
		`scim_build_info{goversion="go1.`, `version="1.2.3"} 1`,
		`scim_request_keycloak_calls_bucket{call="patch",le="2"} 1`,
		`scim_request_keycloak_calls_count{call="get"} 2`,
		`scim_keycloak_request_duration_seconds_count{api="oidc"} `,
		`scim_keycloak_request_duration_seconds_count{api="scim"} `,
		`scim_keycloak_request_duration_seconds_count{api="admin"} `,
		`scim_store_operation_duration_seconds_count{operation="save_and_delete"} 2`,
		`scim_store_operation_duration_seconds_count{operation="load"} `,
		`scim_layer_duration_seconds_count{layer="writing"} 7`,
		`scim_layer_duration_seconds_count{layer="listing"} 7`,
		`scim_layer_duration_seconds_count{layer="overlay"} `,
		`scim_layer_duration_seconds_count{layer="keycloak"} `,
		`scim_index_lookups_total{index="identity",result="miss"} 1`,
		`scim_index_lookups_total{index="identity",result="hit"} 1`,
		`scim_index_complete{index="kept",realm="acme"} 0`,
		`scim_tenant_checked_timestamp_seconds{realm="acme",tenant="acme"} 1.`,
		"scim_ready 1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	problems, err := testutil.GatherAndLint(p.registry)
	for _, one := range problems {
		t.Errorf("%s: %s", one.Metric, one.Text)
	}
	if families := strings.Count(text, "# HELP "); err != nil || families < 25 {
		t.Errorf("%v: %d metrics are linted", err, families)
	}
}

// The last answer of /readyz is a metric; without one there is none.
func TestReadyIsMetric(t *testing.T) {
	p, _, _ := serving(t)
	if text := metrics(t, p); strings.Contains(text, "\nscim_ready") {
		t.Error("/readyz was not asked")
	}
	if err := p.engine.Close(); err != nil {
		t.Fatal(err)
	}
	if status, _ := ready(t, p); status != http.StatusServiceUnavailable || !strings.Contains(metrics(t, p), "\nscim_ready 0\n") {
		t.Error("a closed store is ready")
	}
}

// The admin listener says that the process lives, what it knows of Keycloak and the tenants, and
// the level of the log. One tenant that does not work makes nothing unready.
func TestAdminListener(t *testing.T) {
	b := newBench(t, 1)
	level := zap.NewAtomicLevelAt(zap.WarnLevel)
	Level(level)(b.proxy)
	ctx, cancel := context.WithCancel(t.Context())
	go b.proxy.monitor.Run(ctx)
	<-b.proxy.Checked()
	cancel()
	for _, row := range []struct {
		method, path, body, want string
	}{
		{http.MethodGet, "/livez", "", ""},
		{http.MethodGet, "/healthz", "", ""},
		{http.MethodGet, "/readyz?verbose", "", "keycloak: answered "},
		{http.MethodGet, "/readyz?verbose", "", "tenant acme (realm acme): role: "},
		{http.MethodGet, "/readyz?verbose", "", "\n  token: a token by the client credentials grant: good\n"},
		{http.MethodGet, "/readyz?verbose", "", "0 of 1 tenants work\n"},
		{http.MethodGet, "/loglevel", "", `"warn"`},
		{http.MethodPut, "/loglevel", `{"level":"debug"}`, `"debug"`},
	} {
		w := httptest.NewRecorder()
		b.proxy.adminHandler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), row.method, row.path, strings.NewReader(row.body)))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), row.want) {
			t.Errorf("%s %s: %d %s, want %q", row.method, row.path, w.Code, w.Body, row.want)
		}
	}
	if level.Level() != zap.DebugLevel {
		t.Errorf("the level is %s", level)
	}
}
