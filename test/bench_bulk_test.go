package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/bulk"
)

// bulkOf is a bulk request that creates n users.
func bulkOf(prefix string, n int) string {
	ops := make([]string, n)
	for i := range ops {
		ops[i] = fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"%d","data":%s}`, i, person(prefix, i))
	}
	return `{"schemas":["` + bulk.RequestURN + `"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

// person is what Keycloak itself keeps whole, so that both ways do the same work.
func person(prefix string, i int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%[1]s%04[2]d","active":true,"externalId":"x-%[1]s%04[2]d",
		"name":{"givenName":"F","familyName":"L"},"emails":[{"value":"%[1]s%04[2]d@example.com","type":"work","primary":true}]}`, prefix, i)
}

// BenchmarkBulk compares creates in one bulk request with the same creates sent to Keycloak itself one after the other, in one run.
func BenchmarkBulk(b *testing.B) {
	w := newWorld(b)
	c := client{w.base(), w.tenantToken}
	if a := w.realm.SCIM(w.dropInToken, "GET", "/Users", ""); a.Status != 200 { // both are warm
		b.Fatal(a.Status)
	}
	const n = 1000
	natively := func(prefix string, n int) {
		for i := range n {
			if a := w.realm.SCIM(w.dropInToken, "POST", "/Users", person(prefix, i)); a.Status != 201 {
				b.Fatalf("natively: %d %s", a.Status, a.Body)
			}
		}
	}
	inBulk := func(prefix string, n int) {
		a, err := c.send(b.Context(), "POST", "/Bulk", bulkOf(prefix, n))
		if err != nil {
			b.Fatal(err)
		}
		if done := len(gjson.Get(a.Resource.String(), `Operations.#(status=="201")#`).Array()); done != n {
			b.Fatalf("%d of %d made: %.500s", done, n, a.Resource)
		}
	}
	natively("warm-n", 200)
	inBulk("warm-b", 200)
	var ours, native time.Duration
	for i := range b.N {
		begun := time.Now()
		inBulk(fmt.Sprintf("b%d-", i), n)
		ours += time.Since(begun)
		begun = time.Now()
		natively(fmt.Sprintf("n%d-", i), n)
		native += time.Since(begun)
	}
	b.ReportMetric(ours.Seconds()/float64(b.N), "s-ours")
	b.ReportMetric(native.Seconds()/float64(b.N), "s-native")
	b.ReportMetric(native.Seconds()/ours.Seconds(), "ratio")
}
