package journal_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// The last entries are found wherever they are, also those before an entry, or of one tenant, and
// a journal with many older ones is not read for them.
func TestLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := storetest.NewMemory()
		l := newLog(t, memory.Open("journal.r"), 365*24*time.Hour, 1e6)
		var ids []string
		add := func(tenant string, n int, pause time.Duration) {
			for range n {
				e := entry(len(ids))
				e.Tenant = tenant
				if err := l.Begin(t.Context(), &e); err != nil {
					t.Fatal(err)
				}
				ids = append(ids, e.ID)
				time.Sleep(pause)
			}
		}
		add("acme", 2_000, time.Second)
		time.Sleep(100 * 24 * time.Hour)
		add("acme", 3, 24*time.Hour)
		add("globex", 5, time.Minute)
		add("acme", 2, time.Second)
		want := func(what string, q journal.Query, wanted ...int) {
			t.Helper()
			q.Last = true
			found, err := l.Find(t.Context(), q)
			var got, want []string
			for _, e := range found {
				got = append(got, e.ID)
			}
			for _, i := range wanted {
				want = append(want, ids[i])
			}
			if err != nil || strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s: %v %v, want %v", what, err, got, want)
			}
		}
		loads := len(memory.Ops())
		want("the last two", journal.Query{Most: 2}, 2008, 2009)
		if n := len(memory.Ops()) - loads; n > 2 {
			t.Errorf("%d readings: %v", n, memory.Ops()[loads:])
		}
		want("of another time", journal.Query{Most: 3, Before: ids[2003]}, 2000, 2001, 2002)
		want("before the pause", journal.Query{Most: 4, Before: ids[2002]}, 1998, 1999, 2000, 2001)
		want("of one tenant", journal.Query{Most: 3, Tenant: "acme"}, 2002, 2008, 2009)
		want("until a time", journal.Query{Most: 1, Until: time.Now().Add(-90 * 24 * time.Hour)}, 1999)
		want("since a time", journal.Query{Most: 9, Tenant: "acme", Since: time.Now().Add(-5 * time.Minute)}, 2008, 2009)
		want("of one user before", journal.Query{Most: 9, User: fmt.Sprint("id-", 2003), Before: ids[2003]})
		want("all of one user", journal.Query{Most: 9, User: fmt.Sprint("id-", 2003)}, 2003)
	})
}
