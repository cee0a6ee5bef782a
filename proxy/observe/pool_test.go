package observe_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/observe"
)

// The level is a metric of the tenant. A state is logged once, unless it is good.
func TestPool(t *testing.T) {
	r := prometheus.NewRegistry()
	core, logs := observer.New(zap.WarnLevel)
	p := observe.Pool{Metrics: following(r, observe.Tenancy{Tenant: "acme", Realm: "saas"}), Log: zap.New(core), Tenant: "acme", Realm: "saas"}
	p.Changed(9, 10, "", true)
	p.Changed(2, 10, "low", true)
	p.Changed(1, 10, "low", false)
	if n := logs.Len(); n != 1 || logs.All()[0].ContextMap()["tenant"] != "acme" {
		t.Errorf("%d lines: %v", n, logs.All())
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if len(m.GetLabel()) == 2 {
				got[f.GetName()] = m.GetGauge().GetValue()
			}
		}
	}
	if got["scim_tenant_pool_free"] != 1 || got["scim_tenant_pool_groups"] != 10 {
		t.Errorf("%v", got)
	}
}
