package kept_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/redis"
	"keycloak-scim-proxy/test/redisserver"
)

// engines opens an empty store of each kind. Redis is a real server.
func engines(t testing.TB) map[string]func(testing.TB) store.Engine {
	t.Helper()
	return map[string]func(testing.TB) store.Engine{
		"embedded": func(t testing.TB) store.Engine {
			e, err := embedded.Open(filepath.Join(t.TempDir(), "store.db"), time.Second)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = e.Close() })
			return e
		},
		"redis": func(t testing.TB) store.Engine {
			server := redisserver.Start(t, redisserver.Options{})
			e, err := redis.Open(redis.Options{Addresses: []string{server.Addr}, Prefix: "t:"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = e.Close() })
			return e
		},
	}
}

// employee is the record of a user as an identity provider of an employer creates it.
func employee(n int) record.Record {
	rec := record.Record{Type: scim.User}
	body := document.Must(fmt.Sprintf(`{"userName":"Employee.%[1]d@Example.com","externalId":"e-%[1]d","title":"Engineer %[2]d","nickName":"Nick %[1]d","displayName":"Employee %[1]d",
		"phoneNumbers":[{"value":"+49 %[1]d","type":"work","primary":true}],"name":{"middleName":"M"},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Department %[2]d","employeeNumber":"%[1]d","costCenter":"C%[2]d","manager":{"value":"m-%[2]d"}}}`, n, n%50))
	for l := range body.Leaves() {
		rec.Overrides = append(rec.Overrides, record.Override{Path: l.Path, Requested: l.Raw, Index: -1})
	}
	rec.Overrides[0].Observed = document.Quote(document.Lower(document.Text(rec.Overrides[0].Requested)))
	return rec
}

// fill saves n records with their terms, or without the terms of kept values as earlier releases
// do.
func fill(t testing.TB, s store.Space, n int, indexed bool) {
	t.Helper()
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(64)
	for i := range n {
		g.Go(func() error {
			rec := employee(i)
			body, err := json.Marshal(rec)
			if err != nil {
				return err
			}
			terms := []string{record.Term(scim.User, scim.MustPath("userName"), fmt.Sprintf("employee.%d@example.com", i))}
			if indexed {
				terms = rec.Indexing(terms)
			}
			_, err = s.Save(ctx, fmt.Sprintf("%08x-aaaa-bbbb-cccc-000000000000", i*2654435761%(1<<32)), store.Record{Body: body, Terms: terms})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkScan scans 10,000 records for one attribute, and for all.
func BenchmarkScan(b *testing.B) {
	for name, open := range engines(b) {
		s := open(b).Open("acme")
		fill(b, s, 10_000, true)
		for what, attrs := range map[string][]scim.AttrPath{"title": {scim.MustPath("title")}, "all": nil} {
			b.Run(name+"/"+what, func(b *testing.B) {
				for b.Loop() {
					n := 0
					if err := kept.Scan(b.Context(), s, scim.User, attrs, "", func(kept.Resource) (bool, error) { n++; return true, nil }); err != nil || n != 10_000 {
						b.Fatal(n, err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/10_000, "µs/record")
			})
		}
	}
}

// BenchmarkComplete adds the terms of 10,000 records, and then finds that none is missing.
func BenchmarkComplete(b *testing.B) {
	for name, open := range engines(b) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := open(b).Open("acme")
				fill(b, s, 10_000, false)
				b.StartTimer()
				begun := time.Now()
				if n, err := kept.Complete(b.Context(), s, nothing); err != nil || n != 10_000 {
					b.Fatal(n, err)
				}
				first := time.Since(begun)
				if n, err := kept.Complete(b.Context(), s, nothing); err != nil || n != 0 {
					b.Fatal(n, err)
				}
				b.ReportMetric(first.Seconds(), "s/first")
				b.ReportMetric((time.Since(begun) - first).Seconds(), "s/second")
			}
		})
	}
}
