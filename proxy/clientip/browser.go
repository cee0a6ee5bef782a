package clientip

import (
	"net"
	"net/http"
	"strings"
)

// Rebound reports whether a request reaches a loopback address by a name that is not that of this
// machine. A web page can let its own name mean 127.0.0.1 after it was loaded, and then read
// answers as its own (DNS rebinding); no browser sends another Host than the page's.
func Rebound(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok || !local.IP.IsLoopback() {
		return false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.Trim(r.Host, "[]")
	}
	host = strings.ToLower(host)
	return host != "" && host != "localhost" && net.ParseIP(host) == nil
}

// OfPage reports whether a browser sends a request for a web page: no other client sends these
// headers.
func OfPage(r *http.Request) bool {
	return r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

// Unbound is the handler of the admin listener over another one. It refuses what Rebound reports.
func Unbound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if Rebound(r) {
			http.Error(w, "on this machine the admin listener is reached as localhost or by an IP address", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
