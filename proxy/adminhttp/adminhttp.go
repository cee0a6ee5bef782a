// Package adminhttp is the admin listener: health, metrics and commands of operators. It must not
// be public.
package adminhttp

import (
	"net/http"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/clientip"
)

// Handler serves routes, which are patterns of http.ServeMux, and /livez. Requests by a foreign
// name are refused if they come from this machine, because a page in a browser may send them. own
// are names that are not foreign, with the port if a URL has it: a reverse proxy on this machine
// may pass them on. A nil handler is not served.
func Handler(routes map[string]http.Handler, own ...string) http.Handler {
	m := http.NewServeMux()
	alive := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	m.HandleFunc("GET /livez", alive)
	m.HandleFunc("GET /healthz", alive)
	for pattern, h := range routes {
		if h != nil {
			m.Handle(pattern, h)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if clientip.Rebound(r) && !slices.ContainsFunc(own, func(name string) bool { return strings.EqualFold(name, r.Host) }) {
			http.Error(w, "on this machine the admin listener is reached as localhost or by an IP address", http.StatusMisdirectedRequest)
			return
		}
		m.ServeHTTP(w, r)
	})
}
