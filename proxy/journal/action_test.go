package journal_test

import (
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// An action is found by its verb and its request, has its texts also if no values are kept, and no
// receiver of events gets it.
func TestNote(t *testing.T) {
	l := newLog(t, storetest.NewMemory().Open("journal.r"), time.Hour, 10)
	l.Values = false
	l.Outbox = func(string) []string { return []string{"receiver"} }
	made := journal.Entry{Who: journal.Who{Tenant: "acme", Operator: "eva"}, Verb: string(journal.TokenMade), Name: "i1", Reason: "for 90 days"}
	if err := l.Note(t.Context(), &made); err != nil {
		t.Fatal(err)
	}
	e := entry(1)
	if err := l.Begin(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	all, err := l.Find(t.Context(), journal.Query{Verb: string(journal.TokenMade)})
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	got := all[0]
	if !got.IsAction() || got.Name != "i1" || got.Reason != "for 90 days" || got.Operator != "eva" || got.State != journal.Done || got.Ended.IsZero() || got.Notice != nil || len(got.Outbox) > 0 {
		t.Errorf("%+v", got)
	}
	if same, err := l.Find(t.Context(), journal.Query{Request: got.Request}); err != nil || len(same) != 1 || same[0].ID != got.ID {
		t.Errorf("%+v %v", same, err)
	}
	if err := (*journal.Log)(nil).Note(t.Context(), &made); err != nil {
		t.Error(err)
	}
	for _, wrong := range []journal.Entry{{Verb: "patch"}, {Verb: string(journal.Live), Type: scim.User, Target: "x"}} {
		if err := l.Note(t.Context(), &wrong); err == nil {
			t.Errorf("%+v is saved", wrong)
		}
	}
}
