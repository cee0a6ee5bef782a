package bulk_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/turns"
)

// When the program ends, the operations that run finish, and all others are answered 503: also one
// that waits for a place. None of them has reached the service.
func TestProgramEnds(t *testing.T) {
	for name, pool := range map[string]*turns.Queue{"free places": turns.New(16), "one place": turns.New(1)} {
		t.Run(name, func(t *testing.T) {
			s := newSite()
			s.Pool, s.Workers = pool, 4
			var stopping atomic.Bool
			var begun atomic.Int64
			s.Stopping = stopping.Load
			s.fail = func(protocol.Call) error {
				if begun.Add(1) == 5 {
					stopping.Store(true)
				}
				return nil
			}
			var ops []string
			for i := range 30 {
				ops = append(ops, fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"b%d","data":{"userName":"u%d"}}`, i, i))
			}
			q, err := bulk.Parse([]byte(`{"schemas":["`+bulk.RequestURN+`"],"Operations":[`+strings.Join(ops, ",")+`]}`), 100)
			if err != nil {
				t.Fatal(err)
			}
			out, err := s.Run(t.Context(), q)
			if err != nil || len(out.Results) != 30 {
				t.Fatalf("%v, %d results", err, len(out.Results))
			}
			var done int64
			for i, r := range out.Results {
				switch {
				case r.Status == 201:
					done++
				case scim.Status(r.Err) != 503 || !strings.Contains(r.Err.Error(), "the server was stopped before this operation started"):
					t.Errorf("operation %d: %d %v", i, r.Status, r.Err)
				}
			}
			if done != begun.Load() || done < 5 || done > 5+4 {
				t.Errorf("%d are reported as done, the service got %d", done, begun.Load())
			}
		})
	}
}
