package events

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/journal"
)

// A receiver gets the events of the tenants that it names, also if it named another one when the
// event was made.
func TestTenants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := hooks(t, "siem", "crm")
		c.Receivers[1].AllTenants, c.Receivers[1].Tenants = false, []string{"globex", "realm:saas"}
		w := newWorld(t, nil, c)
		siem, crm := w.target("siem", nil), w.target("crm", nil)
		stop := w.runs()
		for _, tenant := range []string{"acme", "globex", "realm:saas", "realm:other"} {
			w.happens(w.log, journal.Entry{Who: journal.Who{Tenant: tenant}, Verb: "patch", Target: tenant})
		}
		synctest.Wait()
		stop()
		if siem.all() != "acme@0s globex@0s realm:saas@0s realm:other@0s" || crm.all() != "globex@0s realm:saas@0s" {
			t.Errorf("%s; %s", siem.all(), crm.all())
		}
		w.happens(w.log, journal.Entry{Who: journal.Who{Tenant: "globex"}, Verb: "patch", Target: "late"})
		c.Receivers[1].Tenants = []string{"acme"}
		changed := newWorld(t, w.engine, c)
		changed.target("siem", nil)
		crm = changed.target("crm", nil)
		stop = changed.runs()
		synctest.Wait()
		stop()
		if crm.all() != "" {
			t.Error(crm.all())
		}
		if n, dead := pending(changed, "crm"); n != 0 || dead != 1 {
			t.Errorf("%d pending, %d dead", n, dead)
		}
	})
}

// A store that does not answer delays events, and has a line of the log once a minute.
func TestStoreDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, hooks(t, "siem"))
		x := w.target("siem", nil)
		stop := w.runs()
		w.happens(w.log, journal.Entry{Verb: "patch", Target: "u0"})
		synctest.Wait()
		w.happens(w.log, journal.Entry{Verb: "patch", Target: "u1"})
		w.engine.SetDown(errDown)
		time.Sleep(5*time.Minute + time.Second)
		w.engine.SetDown(nil)
		time.Sleep(2 * time.Minute)
		stop()
		if !strings.HasPrefix(x.all(), "u0@0s u1@") {
			t.Error(x.all())
		}
		if n := len(w.notes()); n > 7 {
			t.Errorf("%d notices: %v", n, w.notes())
		}
	})
}

// Events that the journal deletes before they are delivered are counted and logged.
func TestPruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, config.Events{Receivers: hooks(t, "siem").Receivers})
		w.happens(w.log, journal.Entry{Verb: "patch", Target: "u1"})
		w.happens(w.log, journal.Entry{Verb: "patch", Target: "u2", Reason: "failed"})
		time.Sleep(25 * time.Hour)
		w.happens(w.log, journal.Entry{Verb: "patch", Target: "u3"})
		if deleted, left, err := w.log.Prune(t.Context()); deleted != 2 || left != 1 || err != nil {
			t.Errorf("%d %d %v", deleted, left, err)
		}
		if told := fmt.Sprint(w.notes()); told != "[undelivered journal.saas 1]" {
			t.Error(told)
		}
	})
}
