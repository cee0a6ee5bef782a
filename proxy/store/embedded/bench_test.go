package embedded_test

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"keycloak-scim-proxy/proxy/store"
)

// BenchmarkSave creates records of 2 KiB, by one caller and by many concurrent ones.
func BenchmarkSave(b *testing.B) {
	for _, callers := range []int{1, 4, 16, 64} {
		b.Run(strconv.Itoa(callers), func(b *testing.B) {
			s := fresh(b).Open("acme")
			var next atomic.Int64
			var group sync.WaitGroup
			b.ResetTimer()
			for range callers {
				group.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						id := fmt.Sprintf("%08d", n*7919%100003)
						if _, err := s.Save(b.Context(), id, store.Record{Body: make([]byte, 2048), Terms: []string{"name " + id, "mail " + id}}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			group.Wait()
		})
	}
}
