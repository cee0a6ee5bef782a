package test

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// BenchmarkLists compares lists of a realm with 2,000 users, through the proxy and natively, in
// one run. Keycloak ignores sortBy, so a client that needs a sorted page natively has to read all
// users.
func BenchmarkLists(b *testing.B) {
	w := newWorld(b)
	c := client{w.base(), w.tenantToken}
	w.users(b, "user", 2000)
	_, err := c.send(b.Context(), "POST", "/Users", `{"userName":"known","name":{"givenName":"A","familyName":"B"},"emails":[{"value":"known@example.com"}]}`)
	if err != nil {
		b.Fatal(err)
	}
	ours := func(query string) {
		if _, err := c.send(b.Context(), "GET", "/Users?"+query, ""); err != nil {
			b.Fatal(err)
		}
	}
	native := func(query string) []byte {
		a := w.realm.SCIM(w.dropInToken, "GET", "/Users?"+query, "")
		if a.Status != 200 {
			b.Fatal(a.Status)
		}
		return a.Body
	}
	nativeWalk := func() {
		for start := 1; start <= 2001; start += 100 {
			native(fmt.Sprintf("startIndex=%d&count=100", start))
		}
	}
	name := url.Values{"filter": {`userName eq "known"`}}.Encode()
	for _, row := range []struct {
		name         string
		ours, native func()
	}{
		{"look-up", func() { ours(name) }, func() { native(name) }},
		{"page of 100", func() { ours("count=100") }, func() { native("count=100") }},
		{"sorted page of 20", func() { ours("sortBy=name.familyName&count=20") }, nativeWalk},
		{"descending page of 20", func() { ours("sortBy=userName&sortOrder=descending&count=20") }, nativeWalk},
		{"whole walk", func() {
			for next, more := "", true; more; more = next != "" {
				a, err := c.send(b.Context(), "GET", "/Users?count=1000&cursor="+next, "")
				if err != nil {
					b.Fatal(err)
				}
				next = a.Page.Next
			}
		}, nativeWalk},
		{"externalId, no match", func() { ours(url.Values{"filter": {`externalId eq "x"`}}.Encode()) }, func() {
			// Natively the filter never matches, so a client has to read all users.
			nativeWalk()
		}},
	} {
		b.Run(row.name, func(b *testing.B) {
			row.ours()
			row.native() // warms up
			var mine, theirs time.Duration
			for range b.N {
				start := time.Now()
				row.ours()
				mine += time.Since(start)
				start = time.Now()
				row.native()
				theirs += time.Since(start)
			}
			b.ReportMetric(mine.Seconds()*1000/float64(b.N), "ms-ours")
			b.ReportMetric(theirs.Seconds()*1000/float64(b.N), "ms-native")
			b.ReportMetric(theirs.Seconds()/mine.Seconds(), "ratio")
		})
	}
}
