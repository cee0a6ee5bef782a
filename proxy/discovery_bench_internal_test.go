package proxy

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkDiscovery answers discovery documents, with authentication and the log. When the
// capabilities and the documents were made for each request, the ServiceProviderConfig took 39 KB
// and 216 allocations, the schemas 261 KB and 409.
func BenchmarkDiscovery(b *testing.B) {
	p, _, tokens := serving(b)
	handler := p.Handler()
	for _, endpoint := range []string{"ServiceProviderConfig", "Schemas", "ResourceTypes"} {
		b.Run(endpoint, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/scim/v2/"+endpoint, nil)
				r.Header.Set("Authorization", "Bearer "+tokens["acme"])
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
