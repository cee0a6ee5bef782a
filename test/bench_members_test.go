package test

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// BenchmarkMembers compares a PUT of many members with the same change sent natively as one
// operation, in one run.
func BenchmarkMembers(b *testing.B) {
	w := newWorld(b)
	c := client{w.base(), w.tenantToken}
	ids := w.users(b, "m", 3000)
	ours := func(n int) time.Duration {
		id := group(b, c, "ours-"+rand.Text())
		start := time.Now()
		if _, err := c.send(b.Context(), "PUT", "/Groups/"+id, `{"schemas":["`+scim.GroupURN+`"],"displayName":"put-`+id+`","members":`+valueList(ids[:n])+`}`); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	native := func(n int) time.Duration {
		id := group(b, c, "native-"+rand.Text())
		body := patchBody([]scim.Op{opOn(scim.Add, "members", valueList(ids[:n]))})
		start := time.Now()
		if a := w.realm.SCIM(w.dropInToken, "PATCH", "/Groups/"+id, body); a.Status != 200 {
			b.Fatalf("native: %d %s", a.Status, a.Body)
		}
		return time.Since(start)
	}
	for range 5 { // warms up
		ours(300)
		native(300)
	}
	for _, n := range []int{1000, 3000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var o, k time.Duration
			for range b.N {
				o, k = o+ours(n), k+native(n)
			}
			b.ReportMetric(o.Seconds()/float64(b.N), "s-ours")
			b.ReportMetric(k.Seconds()/float64(b.N), "s-native")
			b.ReportMetric(k.Seconds()/o.Seconds(), "ratio")
		})
	}
}
