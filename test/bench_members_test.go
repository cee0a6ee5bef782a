package test

import (
	"fmt"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// BenchmarkMembers compares a PUT of many members with the same change sent natively as one operation, in one run.
func BenchmarkMembers(b *testing.B) {
	w := newWorld(b)
	c := client{w.base(), w.tenantToken}
	ids := w.users(b, "m", 3000)
	for _, n := range []int{1000, 3000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var ours, native time.Duration
			for i := range b.N {
				put := group(b, c, fmt.Sprintf("ours-%d-%d", n, i))
				patched := group(b, c, fmt.Sprintf("native-%d-%d", n, i))
				begun := time.Now()
				if _, err := c.send(b.Context(), "PUT", "/Groups/"+put, `{"schemas":["`+scim.GroupURN+`"],"displayName":"put-`+put+`","members":`+valueList(ids[:n])+`}`); err != nil {
					b.Fatal(err)
				}
				ours += time.Since(begun)
				body := patchBody([]scim.Op{opOn(scim.Add, "members", valueList(ids[:n]))})
				begun = time.Now()
				if a := w.realm.SCIM(w.dropInToken, "PATCH", "/Groups/"+patched, body); a.Status != 200 {
					b.Fatalf("native: %d %s", a.Status, a.Body)
				}
				native += time.Since(begun)
			}
			b.ReportMetric(ours.Seconds()/float64(b.N), "s-ours")
			b.ReportMetric(native.Seconds()/float64(b.N), "s-native")
			b.ReportMetric(native.Seconds()/ours.Seconds(), "ratio")
		})
	}
}
