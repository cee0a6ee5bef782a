package test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/bulk"
)

// bulkOf returns a bulk request that creates n users.
func bulkOf(prefix string, n int) string {
	ops := make([]string, n)
	for i := range ops {
		ops[i] = fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"%d","data":%s}`, i, person(prefix, i))
	}
	return `{"schemas":["` + bulk.RequestURN + `"],"Operations":[` + strings.Join(ops, ",") + `]}`
}

// person returns a user with only attributes that Keycloak stores itself, so that all ways do the
// same work.
func person(prefix string, i int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%[1]s%04[2]d","active":true,"externalId":"x-%[1]s%04[2]d",
		"name":{"givenName":"F","familyName":"L"},"emails":[{"value":"%[1]s%04[2]d@example.com","type":"work","primary":true}]}`, prefix, i)
}

// BenchmarkBulk compares creates in bulk requests with the same creates sent to Keycloak itself
// one after the other, and eight at a time, which is the most that Keycloak can do. The three
// take turns, so that the server is equally warm for each.
func BenchmarkBulk(b *testing.B) {
	w := newWorld(b)
	c := client{w.base(), w.tenantToken}
	post := func(prefix string, i int) {
		if a := w.realm.SCIM(w.dropInToken, "POST", "/Users", person(prefix, i)); a.Status != 201 {
			b.Errorf("natively: %d %s", a.Status, a.Body)
		}
	}
	ways := []struct {
		name string
		run  func(prefix string, n int)
	}{
		{"ours", func(prefix string, n int) {
			a, err := c.send(b.Context(), "POST", "/Bulk", bulkOf(prefix, n))
			if err != nil {
				b.Fatal(err)
			}
			if done := len(gjson.Get(a.Resource.String(), `Operations.#(status=="201")#`).Array()); done != n {
				b.Fatalf("%d of %d created: %.500s", done, n, a.Resource)
			}
		}},
		{"native", func(prefix string, n int) {
			for i := range n {
				post(prefix, i)
			}
		}},
		{"native-by-8", func(prefix string, n int) {
			g := errgroup.Group{}
			g.SetLimit(8)
			for i := range n {
				g.Go(func() error { post(prefix, i); return nil })
			}
			_ = g.Wait() // always nil
		}},
	}
	took := map[string]time.Duration{}
	const rounds = 5
	for i := range (b.N + 1) * rounds {
		for _, way := range ways {
			start := time.Now()
			way.run(fmt.Sprintf("%s-%d-", way.name, i), 1000/rounds)
			if i >= rounds { // the first 1,000 users of each way warm the server up
				took[way.name] += time.Since(start)
			}
		}
	}
	for _, way := range ways {
		b.ReportMetric(took[way.name].Seconds()/float64(b.N), "s-"+way.name)
	}
	b.ReportMetric(took["native"].Seconds()/took["ours"].Seconds(), "ratio")
	b.ReportMetric(took["native"].Seconds()/took["native-by-8"].Seconds(), "ratio-of-native-by-8")
}
