package adminhttp_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"keycloak-scim-proxy/proxy/adminhttp"
)

// By a loopback address only names of this machine, and those that are configured, are served.
func TestForeignNames(t *testing.T) {
	h := adminhttp.Handler(nil, "admin.example.com", "other.example.com:8443")
	for host, want := range map[string]int{
		"localhost:9090": 200, "127.0.0.1:9090": 200, "[::1]": 200, "admin.example.com": 200, "ADMIN.example.com": 200, "other.example.com:8443": 200,
		"other.example.com": 421, "evil.example.com": 421, "admin.example.com:9090": 421, "admin.example.com.evil.example.com": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://"+host+"/livez", nil)
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}))
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}
