package proxytest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
)

// Upstream is a server between a proxy and the real Keycloak. It counts requests, and lets a test
// hold or change them.
type Upstream struct {
	*httptest.Server
	// Before is called before a request is forwarded. If it returns true, it has answered the
	// request.
	Before atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
	// After is called with the answer of Keycloak, and may change it.
	After atomic.Pointer[func(*http.Response) error]
	// Calls counts the requests.
	Calls atomic.Int64
}

// NewUpstream starts an Upstream in front of the Keycloak at target. It ends with the test.
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
