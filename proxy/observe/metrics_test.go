package observe_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"keycloak-scim-proxy/proxy/observe"
)

// following are the metrics of tenants.
func following(r *prometheus.Registry, all ...observe.Tenancy) *observe.Metrics {
	m := observe.NewMetrics(r, time.Now)
	m.Follow(all)
	return m
}

// series are the names and labels of what is registered, and the values of gauges.
func series(t *testing.T, r *prometheus.Registry) (all []string) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			text := f.GetName()
			for _, l := range m.GetLabel() {
				text += " " + l.GetName() + "=" + l.GetValue()
			}
			if g := m.GetGauge(); g != nil {
				text += map[float64]string{0: " 0", 1: " 1"}[g.GetValue()]
			}
			all = append(all, text)
		}
	}
	return all
}

// The configuration bounds the labels: callers in realms that it does not name are counted
// together, however many realms Keycloak has.
func TestLabelsAreBounded(t *testing.T) {
	r := prometheus.NewRegistry()
	m := following(r, observe.Tenancy{Tenant: "workforce", Realm: "acme"})
	for _, s := range []observe.Summary{
		{Tenant: "workforce", Realm: "acme", Verb: "list", Status: 200, Rules: []string{"op-names"}, IDP: "generic"},
		{Tenant: "realm:acme", Realm: "acme", Verb: "list", Status: 200},
		{Tenant: "realm:one", Realm: "one", Verb: "list", Status: 200, Rules: []string{"op-names"}, IDP: "generic"},
		{Tenant: "realm:two", Realm: "two", Verb: "list", Status: 200},
		{Status: 401},
	} {
		m.Observe(s, time.Second)
	}
	want := []string{
		"scim_read_differences_total",
		"scim_request_duration_seconds call= realm= status=401 tenant=",
		"scim_request_duration_seconds call=list realm=* status=200 tenant=realm:*",
		"scim_request_duration_seconds call=list realm=acme status=200 tenant=realm:acme",
		"scim_request_duration_seconds call=list realm=acme status=200 tenant=workforce",
		"scim_request_keycloak_calls call=",
		"scim_request_keycloak_calls call=list",
		"scim_rules_fired_total idp=generic realm=* rule=op-names tenant=realm:*",
		"scim_rules_fired_total idp=generic realm=acme rule=op-names tenant=workforce",
	}
	if got := series(t, r); !slices.Equal(got, want) {
		t.Errorf("%s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A tenant has one gauge as soon as it is known whether it works, and one more for each cause while
// there is one. A tenant that is gone has none.
func TestTenantGauges(t *testing.T) {
	r := prometheus.NewRegistry()
	var state observe.TenantsState
	r.MustRegister(following(prometheus.NewRegistry(), observe.Tenancy{Tenant: "workforce", Realm: "acme"}, observe.Tenancy{Tenant: "new", Realm: "acme"}).
		Tenants(func() observe.TenantsState { return state }))
	const who, staged = " realm=acme tenant=workforce ", "scim_tenant_live realm=acme tenant=new 0"
	for _, row := range []struct{ causes, want []string }{
		{[]string{"audience", "switch"}, []string{
			"scim_tenant_fault cause=audience" + who + "1", "scim_tenant_fault cause=switch" + who + "1", staged, "scim_tenant_live" + who + "0",
			"scim_tenant_required_attribute_moved attribute=audience" + who + "1", "scim_tenant_required_attribute_moved attribute=switch" + who + "1", "scim_tenant_works" + who + "0",
		}},
		{[]string{"switch"}, []string{
			"scim_tenant_fault cause=switch" + who + "1", staged, "scim_tenant_live" + who + "0", "scim_tenant_required_attribute_moved attribute=switch" + who + "1", "scim_tenant_works" + who + "0",
		}},
		{nil, []string{staged, "scim_tenant_live" + who + "1", "scim_tenant_works" + who + "1"}},
	} {
		state.All = []observe.TenantState{{Name: "workforce", Realm: "acme", Decided: true, Causes: row.causes, Live: row.causes == nil, Moved: row.causes}, {Name: "new", Realm: "acme"}}
		got := slices.DeleteFunc(series(t, r), func(s string) bool { return s == "scim_tenant_files_wrong 0" })
		if !slices.Equal(got, row.want) {
			t.Errorf("%v: %q, want %q", row.causes, got, row.want)
		}
	}
	state = observe.TenantsState{WrongFiles: 1}
	if got := series(t, r); !slices.Equal(got, []string{"scim_tenant_files_wrong 1"}) {
		t.Errorf("%q", got)
	}
}
