package journal_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func newLog(t testing.TB, s store.Space, keep time.Duration, most int) *journal.Log {
	var mu sync.Mutex
	n := 0
	return journal.New(journal.Options{
		Space: s, Values: true, Keep: keep, Most: most, Now: time.Now, Writer: &journal.Writer{Failed: func(err error) { t.Error(err) }},
		NewID: func() string {
			mu.Lock()
			defer mu.Unlock()
			n++
			return fmt.Sprintf("%010d", n)
		},
	})
}

func entry(user int) journal.Entry {
	return journal.Entry{
		Who: journal.Who{Tenant: "acme", Key: "k1"}, Request: fmt.Sprint("r", user), Verb: "patch", Type: scim.User,
		Target: fmt.Sprint("id-", user), Name: fmt.Sprintf("user%d@example.com", user),
		Changes: []journal.Change{{Path: "name.givenName", Old: `"Ada"`, New: `"Eva"`}, {Path: "title", New: `"Engineer"`}},
	}
}

// Entries are deleted when they are too old, and the oldest of too many.
func TestPrune(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t, storetest.NewMemory().Open("journal.r"), time.Hour, 5)
		for i := range 10 {
			e := entry(i)
			if err := l.Begin(t.Context(), &e); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
		}
		if deleted, left, err := l.Prune(t.Context()); deleted != 5 || left != 5 || err != nil {
			t.Errorf("%d, %d, %v", deleted, left, err)
		}
		time.Sleep(30*time.Minute + time.Second)
		if deleted, left, err := l.Prune(t.Context()); deleted != 3 || left != 2 || err != nil {
			t.Errorf("%d, %d, %v", deleted, left, err)
		}
		if all, err := l.Find(t.Context(), journal.Query{}); len(all) != 2 || all[0].Request != "r8" || err != nil {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// Refusals are bounded, for each tenant.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLog(t, storetest.NewMemory().Open("journal.r"), time.Hour, 1000)
		refuse := func(tenant string, n int) {
			for range n {
				l.Refuse(journal.Entry{Who: journal.Who{Tenant: tenant}, Verb: "patch", Status: 401})
			}
		}
		refuse("acme", 100)
		refuse("other", 1)
		time.Sleep(time.Minute)
		refuse("acme", 1)
		if err := l.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := l.Find(t.Context(), journal.Query{})
		if err != nil || len(all) != 62 || all[61].More != 40 || all[61].State != journal.Refused {
			t.Errorf("%d, %+v, %v", len(all), all[len(all)-1], err)
		}
	})
}

// An outcome that cannot be saved is tried again, and then reported; the entry stays open.
func TestOutcomeIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		var failed []error
		l := journal.New(journal.Options{
			Space: m.Open("journal.r"), Keep: time.Hour, Most: 10, Now: time.Now, NewID: func() string { return "0000000000" },
			Writer: &journal.Writer{Failed: func(err error) { failed = append(failed, err) }},
		})
		e := entry(1)
		if err := l.Begin(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		m.SetDown(context.DeadlineExceeded)
		e.State = journal.Done
		l.End(e)
		if err := l.Flush(t.Context()); err != nil || len(failed) != 1 || l.Writer.Lost() != 1 {
			t.Errorf("%v, %v", err, failed)
		}
		m.SetDown(nil)
		if open, err := l.Unsettled(t.Context()); len(open) != 1 || err != nil {
			t.Errorf("%v, %v", open, err)
		}
	})
}

// BenchmarkFind searches 100,000 entries of 10,000 users in a file.
func BenchmarkFind(b *testing.B) {
	e, err := embedded.Open(filepath.Join(b.TempDir(), "store.db"), time.Second)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = e.Close() })
	l := newLog(b, e.Open("journal.r"), time.Hour, 1_000_000)
	var g errgroup.Group
	g.SetLimit(500)
	for i := range 100_000 {
		g.Go(func() error {
			one := entry(i % 10_000)
			if err := l.Begin(b.Context(), &one); err != nil {
				return err
			}
			one.State = journal.Done
			return l.Settle(b.Context(), &one)
		})
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
	for name, q := range map[string]journal.Query{"by name": {User: "USER77@example.com"}, "by id": {User: "id-77"}, "by request": {Request: "r77"}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if all, err := l.Find(b.Context(), q); len(all) != 10 || err != nil {
					b.Fatal(len(all), err)
				}
			}
		})
	}
}
