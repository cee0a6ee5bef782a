package events

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/webhook"
)

// A poll never has an event of a tenant that the receiver does not name, also if it named it when
// the event was made.
func TestPollTenants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := polls(t, "crm")
		c.Receivers[0].AllTenants, c.Receivers[0].Tenants = false, []string{"globex"}
		w := newWorld(t, nil, c)
		for _, tenant := range []string{"acme", "globex"} {
			w.happens(w.log, journal.Entry{Who: journal.Who{Tenant: tenant}, Verb: "patch", Target: tenant})
		}
		if got := w.subjects(w.ask("POST", "/events/crm", "Bearer crm-token", now)); got != "globex " {
			t.Error(got)
		}
		c.Receivers[0].Tenants = []string{"acme"}
		changed := newWorld(t, w.engine, c)
		changed.learn([]*journal.Log{changed.log})
		if r := changed.ask("POST", "/events/crm", "Bearer crm-token", now); len(r.Sets) > 0 || r.More {
			t.Error(r.body)
		}
		if n, dead := pending(changed, "crm"); n != 0 || dead != 1 {
			t.Errorf("%d pending, %d dead", n, dead)
		}
	})
}

// While a receiver is away, it is asked once for all scopes, not once for each.
func TestAwayForAllScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, hooks(t, "siem"))
		x := w.target("siem", func(int, []byte) webhook.Result { return webhook.Result{Verdict: webhook.Away} })
		for i := range 20 {
			w.happens(w.journal(fmt.Sprint("scope", i)), journal.Entry{Verb: "patch", Target: fmt.Sprint(i)})
		}
		stop := w.runs()
		time.Sleep(time.Hour)
		stop()
		if n := len(strings.Fields(x.all())); n > 25 {
			t.Errorf("%d requests in an hour", n)
		}
	})
}
