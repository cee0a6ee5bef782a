package operate_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/operating/operatingtest"
	"keycloak-scim-proxy/proxy/scim"
)

// Whoever follows a journal sees an entry that was open at first when it has ended, and no entry
// twice.
func TestFollowOpenEntry(t *testing.T) {
	w := operatingtest.New(t, true)
	w.Create(scim.User, `{"userName":"Ada"}`)
	e := journal.Entry{Who: journal.Who{Tenant: "acme"}, Verb: "delete", Type: scim.User, Target: "1"}
	if err := w.Journal.Begin(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	operations := operate.Tenants{
		Of:  func(string) (operate.Tenant, bool) { return operate.Tenant{Name: "acme", Journal: w.Journal}, true },
		Now: w.Now, // later with each look: the entry was begun before
	}.Operations()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var states []journal.State
	err := operations["journal"](ctx, json.RawMessage(`{"Tenant":"acme","Follow":true}`), func(one any) error {
		got := one.(journal.Entry)
		states = append(states, got.State)
		switch {
		case got.ID != e.ID:
		case got.State == journal.Open:
			e.State = journal.Done
			return w.Journal.Settle(t.Context(), &e)
		default:
			cancel()
		}
		return nil
	})
	if err != nil || len(states) != 3 || states[2] != journal.Done {
		t.Errorf("%v, %v", err, states)
	}
}
