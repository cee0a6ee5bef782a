package scimclient_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

// Exchange sends the headers of a request, and returns an error status with its headers. Without
// a source of tokens there is no Authorization.
func TestExchange(t *testing.T) {
	asked := 0
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.Header().Set("X-Seen", r.Header.Get("Authorization")+","+r.Header.Get("If-Match")+","+r.Header.Get("Accept"))
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, "no")
	}))
	defer srv.Close()
	for token, want := range map[string]string{"": ",v,x", "secret": "Bearer secret,v,x"} {
		asked = 0
		o := scimclient.Options{URL: srv.URL, Pause: time.Millisecond, Transport: srv.Client().Transport}
		if token != "" {
			o.Token = scimclient.Bearer(token)
		}
		r := scimclient.Request{Method: http.MethodPut, Path: "/Users/1", Body: []byte("{}"), Header: http.Header{"If-Match": {"v"}, "Accept": {"x"}}}
		res, err := scimclient.New(o).Exchange(t.Context(), r)
		if err != nil || res.Status != http.StatusConflict || string(res.Body) != "no" || res.Header.Get("X-Seen") != want || res.TLS == 0 {
			t.Errorf("%q: %+v, %v", token, res, err)
		}
		asked = 0
		if res, err := scimclient.New(o).ExchangeOnce(t.Context(), r); err != nil || res.Status != http.StatusTooManyRequests {
			t.Errorf("once: %+v, %v", res, err)
		}
	}
}
