package journal_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// The outbox of an entry is saved with its outcome, in one step, for the receivers of its tenant;
// entries without a change have none.
func TestOutbox(t *testing.T) {
	engine, n, filled := storetest.NewMemory(), 0, []string{}
	l := journal.New(journal.Options{
		Space: engine.Open("journal.saas"), Values: true, Now: func() time.Time { return time.Unix(1_800_000_000+int64(n), 0) },
		NewID: func() string { n++; return fmt.Sprintf("%010d", n) },
		Outbox: func(tenant string) []string {
			return map[string][]string{"acme": {"siem", "crm"}, "globex": {"siem"}}[tenant]
		},
		Filled: func(_ *journal.Log, r []string) { filled = append(filled, fmt.Sprint(r)) },
	})
	end := func(tenant string, s journal.State) journal.Entry {
		t.Helper()
		e := journal.Entry{Who: journal.Who{Tenant: tenant}, Verb: "patch", Type: scim.User, Target: "u1", Changes: []journal.Change{{Path: "title", New: `"x"`}}}
		if err := l.Begin(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		if count(t, l, "siem")+count(t, l, "crm") > 0 && len(filled) == 0 {
			t.Error("an entry that is open is in an outbox")
		}
		e.State = s
		engine.Reset()
		if err := l.Settle(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		if ops := engine.Ops(); len(ops) != 1 || ops[0].Name != "Save" {
			t.Errorf("%v", ops)
		}
		return e
	}
	first := end("acme", journal.Done)
	end("globex", journal.Partly)
	end("other", journal.Done)
	end("acme", journal.Failed)
	if fmt.Sprint(filled) != "[[siem crm] [siem]]" || count(t, l, "siem") != 2 || count(t, l, "crm") != 1 {
		t.Errorf("%v %d %d", filled, count(t, l, "siem"), count(t, l, "crm"))
	}
	steps := []struct {
		name string
		do   func(ctx context.Context, id, receiver string) (bool, error)
		ok   bool
		want string
	}{
		{"revive what is not dead", l.Revived, false, "1 0"},
		{"bury", func(ctx context.Context, id, r string) (bool, error) { return l.Buried(ctx, id, r, "why") }, true, "0 1"},
		{"deliver what is dead", l.Delivered, false, "0 1"},
		{"revive", l.Revived, true, "1 0"},
		{"deliver", l.Delivered, true, "0 0"},
		{"deliver again", l.Delivered, false, "0 0"},
	}
	for _, s := range steps {
		ok, err := s.do(t.Context(), first.ID, "crm")
		_, dead, failed := l.Dead(t.Context(), "crm", 0)
		if got := fmt.Sprint(count(t, l, "crm"), dead); ok != s.ok || err != nil || failed != nil || got != s.want {
			t.Errorf("%s: %v %v, %s, want %s", s.name, ok, err, got, s.want)
		}
		if count(t, l, "siem") != 2 {
			t.Errorf("%s: another receiver is concerned", s.name)
		}
	}
	if ok, err := l.Delivered(t.Context(), "none", "crm"); ok || err != nil {
		t.Error(ok, err)
	}
}

// Receivers that get an entry at the same time do not undo each other.
func TestOutboxTogether(t *testing.T) {
	var names []string
	for i := range 8 {
		names = append(names, fmt.Sprint("r", i))
	}
	l := journal.New(journal.Options{
		Space: storetest.NewMemory().Open("journal.saas"), Values: true, Now: time.Now, NewID: func() string { return "0123456789" },
		Outbox: func(string) []string { return names },
	})
	e := journal.Entry{Verb: "delete", Type: scim.User, Target: "u1"}
	if err := l.Begin(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	e.State = journal.Done
	if err := l.Settle(t.Context(), &e); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, r := range names {
		all.Go(func() {
			if ok, err := l.Delivered(t.Context(), e.ID, r); !ok || err != nil {
				t.Error(r, ok, err)
			}
		})
	}
	all.Wait()
	kept, _, err := l.Entry(t.Context(), e.ID)
	if err != nil || len(kept.Outbox) > 0 || kept.Notice == nil || kept.Notice.Kind != journal.KindDelete {
		t.Errorf("%v %+v", err, kept)
	}
}

func count(t *testing.T, l *journal.Log, receiver string) int {
	t.Helper()
	_, n, err := l.Pending(t.Context(), receiver, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
