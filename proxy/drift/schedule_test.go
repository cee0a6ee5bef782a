package drift_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/operating/operatingtest"
	"keycloak-scim-proxy/proxy/scim"
)

// The schedule walks all tenants but those that the guard has stopped, and counts their users. Off,
// it does nothing.
func TestSchedule(t *testing.T) {
	w := operatingtest.New(t, true)
	user := w.Create(scim.User, ada)
	w.Console(user, "name.givenName", `"Console"`)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var walked []string
		s := &drift.Schedule{
			Every: time.Hour, Tenants: func() []string { return []string{"acme", "held"} },
			Place: func(context.Context, string, string) (operating.Place, error) { return w.Place, nil },
			Held:  func(_ context.Context, tenant string) (bool, error) { return tenant == "held", nil },
			Done: func(tenant string, r drift.Report, err error) {
				walked = append(walked, tenant)
				if err != nil || r.Drifted != 1 {
					t.Errorf("%v %+v", err, r)
				}
			},
		}
		go s.Run(ctx)
		time.Sleep(90 * time.Minute)
		cancel()
		synctest.Wait()
		if strings.Join(walked, ",") != "acme" {
			t.Error(walked)
		}
		want := "# HELP scim_drift_users Users that were changed in Keycloak beside the proxy, as the last walk has found them.\n# TYPE scim_drift_users gauge\nscim_drift_users{tenant=\"acme\"} 1\n"
		if err := testutil.CollectAndCompare(s, strings.NewReader(want)); err != nil {
			t.Error(err)
		}
		(&drift.Schedule{}).Run(t.Context())
	})
}
