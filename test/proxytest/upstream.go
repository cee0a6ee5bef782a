package proxytest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// Upstream stands between a proxy and the real Keycloak. It counts requests and spoils what it is told to.
type Upstream struct {
	*httptest.Server
	// Before may answer or hold a request itself (true), or let it pass.
	Before atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
	// After may replace an answer of Keycloak, which has done its work then.
	After atomic.Pointer[func(*http.Response) error]
	Calls atomic.Int64
}

// NewUpstream stands before the Keycloak at target until the test ends.
func NewUpstream(t testing.TB, target string) *Upstream {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	u := &Upstream{}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = to.Host },
		ModifyResponse: func(r *http.Response) error {
			if after := u.After.Load(); after != nil { //nolint:bodyclose // the reverse proxy closes it
				return (*after)(r)
			}
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }, // the connection breaks
	}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.Calls.Add(1)
		if before := u.Before.Load(); before != nil && (*before)(w, r) {
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(u.Server.Close)
	return u
}
