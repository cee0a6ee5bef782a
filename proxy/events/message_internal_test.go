package events

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/webhook"
)

// secretEntry has a text in every place where the value of an attribute can be.
func secretEntry(verb string) journal.Entry {
	e := journal.Entry{Verb: verb, Type: scim.User, Target: "u1", Name: "hunter2", Found: "hunter2", Sent: "hunter2", Rules: []string{"r"}, Address: "192.0.2.1"}
	switch resource := `{"id":"u1","userName":"hunter2","emails":[{"value":"hunter2"}],"externalId":"hunter2","urn:x:User":{"badge":"hunter2"}}`; verb {
	case "create":
		e.After = resource
	case "delete":
		e.Before = resource
	default:
		e.Changes = []journal.Change{{Path: "userName", Old: `"hunter2"`, New: `"hunter2"`}, {Path: "active", Old: "true", New: "false"}}
	}
	return e
}

// No value of an attribute is in an event of either kind, whether the journal keeps values or not.
func TestNoValues(t *testing.T) {
	for _, values := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			c := polls(t, "crm")
			c.Receivers = append(c.Receivers, hooks(t, "siem").Receivers...)
			w := newWorld(t, nil, c)
			w.log.Values = values
			all := ""
			w.target("siem", func(_ int, body []byte) webhook.Result {
				all += string(body) + "\n"
				return webhook.Result{Verdict: webhook.Delivered}
			})
			for _, verb := range []string{"create", "patch", "replace", "delete"} {
				w.happens(w.log, secretEntry(verb))
			}
			stop := w.runs()
			synctest.Wait()
			stop()
			for _, set := range w.ask("POST", "/events/crm", "Bearer crm-token", now).Sets {
				claims, err := json.Marshal(w.open(set))
				if err != nil {
					t.Fatal(err)
				}
				all += string(claims) + "\n"
			}
			if n := strings.Count(all, "\n"); n != 8 {
				t.Fatalf("%d events: %s", n, all)
			}
			if strings.Contains(all, "hunter2") || strings.Contains(all, "192.0.2.1") {
				t.Error(all)
			}
			for _, name := range []string{`"userName","emails","externalId","urn:x:User:badge"`, `"userName","active"`, `"active":"deactivate"`, "prov:deactivate"} {
				if !strings.Contains(all, name) {
					t.Errorf("values %v: no %s in %s", values, name, all)
				}
			}
		})
	}
}

// The body of a webhook has the members of docs/events.md, and long lists of members are cut.
func TestBody(t *testing.T) {
	e := journal.Entry{
		ID: "e1", Ended: time.Unix(1_800_000_000, 0).UTC(), Who: journal.Who{Tenant: "acme", Key: "k1"}, Request: "r1", Verb: "patch", Type: scim.Group,
		Target: "g1", State: journal.Done, Added: []string{"u1"}, Removed: []string{"u2"}, Notice: &journal.Notice{Kind: journal.KindPatch, Attributes: []string{"members"}},
	}
	b, err := bodyOf("journal.saas", "siem", e)
	const want = `{"id":"e1.c3e3a7b2d4e0f6aa","txn":"r1","time":"2027-01-15T08:00:00Z","tenant":"acme","verb":"patch","event":"patch","outcome":"done","type":"Group",` +
		`"resource":"g1","attributes":["members"],"membersAdded":["u1"],"membersRemoved":["u2"],"actor":{"key":"k1"}}`
	cut := func(s string) string { return s[:len(`{"id":"e1.`)] + s[len(`{"id":"e1.c3e3a7b2d4e0f6aa`):] }
	if err != nil || cut(string(b)) != cut(want) {
		t.Errorf("%v %s", err, b)
	}
	for i := range 1500 {
		e.Added = append(e.Added, fmt.Sprint(i))
	}
	var m message
	if b, err = bodyOf("journal.saas", "siem", e); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &m); err != nil || len(m.Added) != 1000 || len(m.Removed) != 1 || m.More != 501 {
		t.Errorf("%v %d %d %d", err, len(m.Added), len(m.Removed), m.More)
	}
}

// The metrics have what waits and what was given up, by receiver.
func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil, config.Events{Receivers: hooks(t, "siem", "crm").Receivers})
		w.target("siem", nil)
		w.target("crm", func(n int, _ []byte) webhook.Result {
			return webhook.Result{Verdict: []webhook.Verdict{webhook.Refused, webhook.Away}[min(n-1, 1)]}
		})
		for i := range 3 {
			w.happens(w.log, journal.Entry{Verb: "patch", Target: fmt.Sprint(i)})
		}
		stop := w.runs()
		time.Sleep(10*time.Minute - time.Second)
		stop()
		families, err := w.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range families {
			for _, m := range f.GetMetric() {
				value := m.GetGauge().GetValue() + m.GetCounter().GetValue()
				name := strings.TrimPrefix(f.GetName(), "scim_events_")
				for _, l := range m.GetLabel() {
					name += " " + l.GetValue()
				}
				if value != 0 && name != "requests_total crm away" {
					got = append(got, fmt.Sprintf("%s %v", name, value))
				}
			}
		}
		slices.Sort(got)
		if text := strings.Join(got, ", "); text != "buried_total crm 1, dead crm 1, oldest_seconds crm 540, pending crm 2, requests_total crm refused 1, requests_total siem delivered 3" {
			t.Error(text)
		}
	})
}
