package bulk_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// An envelope with too many values is refused before it is parsed.
func TestEnvelopeIsCounted(t *testing.T) {
	for name, operations := range map[string]string{
		"values":          `[` + strings.Repeat("0,", 2<<20) + `0]`,
		"in an operation": `[{"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"a","x":[` + strings.Repeat("0,", 2<<20) + `0]}}]`,
	} {
		body := []byte(`{"schemas":["` + bulk.RequestURN + `"],"Operations":` + operations + `}`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := bulk.Parse(body, 1000)
		runtime.ReadMemStats(&after)
		if e := scim.AsError(err); err == nil || e.Type != "invalidSyntax" || !strings.Contains(e.Detail, "JSON values") {
			t.Errorf("%s: %v", name, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d KiB allocated", name, n>>10)
		}
	}
}

// Decoding checks the context between operations. The remaining operations are not decoded, and the
// answer names them.
func TestDecodingEndsWithTheContext(t *testing.T) {
	s := newSite()
	ctx, cancel := context.WithCancel(t.Context())
	decoded, decode := 0, s.Decode
	s.Decode = func(w protocol.Request) (protocol.Call, []string, error) {
		if decoded++; decoded == 3 {
			cancel()
		}
		return decode(w)
	}
	var ops []string
	for i := range 50 {
		ops = append(ops, user(fmt.Sprintf("u%d", i), ""))
	}
	rs := s.runIn(t, ctx, 0, ops...)
	check(t, rs, strings.TrimSpace(strings.Repeat("503 ", 50)))
	if decoded != 3 || len(s.log) != 0 {
		t.Errorf("%d operations were decoded, %v done", decoded, s.log)
	}
	if last := rs[49]; last.Method != "POST" || last.BulkID != "u49" {
		t.Errorf("the answer does not name %+v", last)
	}
}

// The cost of a bulk request grows linearly with the number of its operations and references.
func TestCostsGrowWithTheOperations(t *testing.T) {
	users := func(n int, manager func(i int) string) []string {
		var ops []string
		for i := range n {
			ops = append(ops, user(fmt.Sprintf("u%04d", i), manager(i)))
		}
		return ops
	}
	nobody := func(int) string { return "" }
	for name, ops := range map[string]func(n int) []string{
		"creates":  func(n int) []string { return users(n, nobody) },
		"a chain":  func(n int) []string { return users(n, func(i int) string { return fmt.Sprintf("u%04d", max(i-1, 0)) }) },
		"a circle": func(n int) []string { return users(n, func(i int) string { return fmt.Sprintf("u%04d", (i+1)%n) }) },
		"a group of all": func(n int) []string {
			var all []string
			for i := range n {
				all = append(all, fmt.Sprintf("u%04d", i))
			}
			return append(users(n, nobody), group("all", all...))
		},
		"on one resource": func(n int) []string {
			ops := users(1, nobody)
			for range n {
				ops = append(ops, on("PATCH", "/Users/bulkId:u0000", retitle("T")))
			}
			return ops
		},
		"references in an extension": func(n int) []string {
			list := make([]string, n)
			for i := range list {
				list[i] = fmt.Sprintf(`"a%04d":"bulkId:u%04d"`, i, i)
			}
			return append(users(n, nobody), `{"method":"POST","path":"/Users","bulkId":"x","data":{"userName":"x","urn:example:2.0:User":{`+strings.Join(list, ",")+`}}}`)
		},
	} {
		cost := func(n int) uint64 {
			s := newSite()
			s.Limits.Body, s.Workers = 1<<20, 1
			s.Service = protocol.ServiceFunc(func(_ context.Context, c protocol.Call) (protocol.Answer, error) { // the cost is the same for each call
				return protocol.Answer{Resource: document.Must(`{"id":"` + protocol.Target(c).ID + `x"}`)}, nil
			})
			q, err := bulk.Parse([]byte(`{"schemas":["`+bulk.RequestURN+`"],"Operations":[`+strings.Join(ops(n), ",")+`]}`), 1000)
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			out, err := s.Run(t.Context(), q)
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range out.Results {
				if r.Err != nil {
					t.Fatalf("%s: %v", name, r.Err)
				}
			}
			return after.TotalAlloc - before.TotalAlloc
		}
		cost(50)
		small, large := cost(200), cost(800)
		t.Logf("%-28s %6d KiB %6d KiB: %.1f", name, small>>10, large>>10, float64(large)/float64(small))
		if large >= 6*small {
			t.Errorf("%s: %d KiB for 200, %d KiB for 800", name, small>>10, large>>10)
		}
	}
}
