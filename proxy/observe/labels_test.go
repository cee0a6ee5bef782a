package observe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/zap"

	"keycloak-scim-proxy/proxy/observe"
)

// many are tenants in realms of their own.
func many(from, to int) (all []observe.Tenancy) {
	for i := from; i < to; i++ {
		all = append(all, observe.Tenancy{Tenant: fmt.Sprintf("t%03d", i), Realm: fmt.Sprintf("r%03d", i)})
	}
	return all
}

// valuesOf returns the values of a label, sorted and each once.
func valuesOf(t *testing.T, r *prometheus.Registry, label string) (all []string) {
	t.Helper()
	for _, s := range series(t, r) {
		for field := range strings.FieldsSeq(s) {
			if value, ok := strings.CutPrefix(field, label+"="); ok {
				all = append(all, value)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Of 300 tenants, every metric names 200, whatever they do.
func TestMetricsNameNoMoreTenants(t *testing.T) {
	r, all := prometheus.NewRegistry(), many(0, 300)
	m := following(r, all...)
	var state observe.TenantsState
	r.MustRegister(m.Tenants(func() observe.TenantsState { return state }), m.Indexes(func() (x []observe.IndexState) {
		for _, one := range all {
			x = append(x, observe.IndexState{Realm: one.Realm, Index: "kept", Complete: true})
		}
		return x
	}))
	day := 24 * time.Hour
	for i, one := range all {
		for _, tenant := range []string{one.Tenant, "realm:" + one.Realm} {
			m.Observe(observe.Summary{
				Tenant: tenant, Realm: one.Realm, KeyID: "k" + one.Tenant, Verb: "get", Status: 200,
				Refused: "expired", Limited: "rate", IDP: "generic", Rules: []string{"op-names"},
			}, time.Second)
		}
		m.Shared(one.Tenant, one.Realm, 1)
		observe.Pool{Metrics: m, Log: zap.NewNop(), Tenant: one.Tenant, Realm: one.Realm}.Changed(i, 1000+i, "", false)
		left := time.Duration(300-i) * day
		state.All = append(state.All, observe.TenantState{
			Name: one.Tenant, Realm: one.Realm, Decided: true, Checked: time.Unix(int64(1000+i), 0), Live: i != 250, Moved: []string{"title"},
			Keys: []observe.KeyState{{ID: "k" + one.Tenant, Left: &left, Used: time.Unix(int64(i), 0)}},
		})
	}
	state.All[222].Causes, state.All[223].Causes = []string{"switch"}, []string{"switch"}
	// "realm:NAME" of each, "other", and the label that drop-in callers of other realms would have
	if n := len(valuesOf(t, r, "tenant")); n != 2*observe.MostTenants+1 {
		t.Errorf("%d tenants are named", n)
	}
	for _, label := range []string{"realm", "key"} {
		if all := valuesOf(t, r, label); len(all) != observe.MostTenants+1 || !slices.Contains(all, "other") || slices.ContainsFunc(all, func(s string) bool { return strings.HasSuffix(s, "200") }) {
			t.Errorf("%s has %d values", label, len(all))
		}
	}
	got := map[string]float64{}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, one := range f.GetMetric() {
			if l := one.GetLabel(); slices.ContainsFunc(l, func(p *dto.LabelPair) bool { return p.GetName() == "tenant" && p.GetValue() == "other" }) {
				got[f.GetName()] = one.GetGauge().GetValue() + one.GetCounter().GetValue() + float64(one.GetHistogram().GetSampleCount())
			}
		}
	}
	for name, want := range map[string]float64{ // sums of requests, and the worst state
		"scim_request_duration_seconds": 200, "scim_token_refusals_total": 200, "scim_limited_requests_total": 200, "scim_rules_fired_total": 200,
		"scim_tenant_shared_users": 100, "scim_tenant_pool_free": 200, "scim_tenant_pool_groups": 1200,
		"scim_tenant_works": 0, "scim_tenant_live": 0, "scim_tenant_fault": 1, "scim_tenant_required_attribute_moved": 1,
		"scim_tenant_checked_timestamp_seconds": 1200, "scim_token_expires_in_seconds": day.Seconds(), "scim_token_last_used_timestamp_seconds": 299,
	} {
		if got[name] != want {
			t.Errorf("%s of the others is %v, want %v", name, got[name], want)
		}
	}
}

// A tenant that has a name keeps it, wherever in the configuration others are added. The name of
// one that is gone goes to the first that has none, and its series end.
func TestNamesAreStable(t *testing.T) {
	r := prometheus.NewRegistry()
	m := following(r, many(100, 300)...)
	all := append(many(0, 100), many(100, 300)...)
	m.Follow(all)
	label := func(i int) string {
		t.Helper()
		before := valuesOf(t, r, "tenant")
		m.Observe(observe.Summary{Tenant: fmt.Sprintf("t%03d", i), Realm: fmt.Sprintf("r%03d", i), Verb: "get", Status: 200}, 0)
		after := slices.DeleteFunc(valuesOf(t, r, "tenant"), func(s string) bool { return slices.Contains(before, s) })
		return strings.Join(after, " ")
	}
	if got := label(299); got != "t299" {
		t.Errorf("a tenant that had a name is %q", got)
	}
	if got := label(0); got != "other" {
		t.Errorf("a tenant that came later is %q", got)
	}
	m.Follow(all[:299])
	if slices.Contains(valuesOf(t, r, "tenant"), "t299") {
		t.Error("the series of a tenant that is gone stay")
	}
	if got := label(0); got != "t000" {
		t.Errorf("the first tenant without a name is %q", got)
	}
	if got := label(1); got != "" {
		t.Errorf("the second one is %q, not one of the others", got)
	}
}
