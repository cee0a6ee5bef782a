package proxy

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A Keycloak that does not answer holds up neither the start nor the end, and the tenants are open
// meanwhile.
func TestStartDoesNotWaitForKeycloak(t *testing.T) {
	p, upstream, _ := serving(t)
	hold := make(chan struct{})
	defer close(hold)
	upstream.answer = func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}
	p.cfg.Listen, p.cfg.AdminListen = "127.0.0.1:0", ""
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- p.Run(ctx, func(a net.Addr) { ready <- a }) }()
	select {
	case <-ready:
	case <-time.After(10 * time.Second):
		t.Fatal("the start waits")
	}
	w := httptest.NewRecorder()
	p.adminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	for _, want := range []string{"tenant acme (realm acme-realm): not asked yet\n", "0 of 2 tenants work\n"} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the end waits")
	}
}
