package notices_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/notices"
	"keycloak-scim-proxy/proxy/observe"
)

// following are the metrics of one tenant.
func following(r *prometheus.Registry) *observe.Metrics {
	m := observe.NewMetrics(r, time.Now)
	m.Follow([]observe.Tenancy{{Tenant: "acme", Realm: "saas"}})
	return m
}

// Users that no tenant reaches are counted, and named by their ids, at most 20; their names are not
// in the log.
func TestShared(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	r := prometheus.NewRegistry()
	o := notices.Operator{Log: zap.New(core), Metrics: following(r)}
	users := map[string]string{}
	for i := range 25 {
		users[fmt.Sprintf("id-%02d", i)] = "anna"
	}
	tell := o.Shared("acme", "saas")
	tell(users)
	line := logs.TakeAll()[0]
	got := fmt.Sprintf("%v %v %v %v", line.Level, line.ContextMap()["tenant"], line.ContextMap()["users"], line.ContextMap()["ids"])
	if want := "warn acme 25 [id-00 id-01 id-02 id-03 id-04 id-05 id-06 id-07 id-08 id-09 id-10 id-11 id-12 id-13 id-14 id-15 id-16 id-17 id-18 id-19]"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	count := func(want string) {
		t.Helper()
		all, err := r.Gather()
		for _, f := range all {
			if f.GetName() == "scim_tenant_shared_users" && fmt.Sprint(f.GetMetric()[0].GetGauge().GetValue()) == want {
				return
			}
		}
		t.Errorf("%v: no gauge of %s", err, want)
	}
	count("25")
	tell(nil)
	count("0")
	if all := logs.TakeAll(); len(all) != 1 || all[0].Level != zap.InfoLevel {
		t.Errorf("%+v", all)
	}
}

// Only what went wrong with a session is a warning.
func TestSessions(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	o := notices.Operator{Log: zap.New(core)}
	o.Session("ada signed in")
	o.SignIn("Keycloak does not answer", nil)
	if all := logs.TakeAll(); len(all) != 2 || all[0].Level != zap.InfoLevel || all[1].Level != zap.WarnLevel {
		t.Errorf("%+v", all)
	}
}
