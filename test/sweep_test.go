package test

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// A user who is deleted in Keycloak's console leaves a record behind, which the sweep removes; the others keep theirs.
func TestSweep(t *testing.T) {
	w := newWorld(t)
	cfg := w.cfg
	cfg.Listen, cfg.AdminListen = "127.0.0.1:0", ""
	cfg.Store.Embedded = &config.Embedded{Path: filepath.Join(t.TempDir(), "store.db")}
	served := func(do func(c client)) {
		t.Helper()
		p, err := proxy.New(cfg, zap.NewNop())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- p.Run(ctx, func(a net.Addr) {
				go func() { defer cancel(); do(client{"http://" + a.String() + "/scim/v2", w.tenantToken}) }()
			})
		}()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	served(func(c client) {
		for i := range 3 {
			made, err := c.send(t.Context(), "POST", "/Users", scimtest.Sample(i).With("title", `"T"`).String())
			if err != nil {
				t.Error(err)
				return
			}
			ids = append(ids, made.Resource.ID())
		}
	})
	if a := w.realm.Admin("DELETE", "/users/"+ids[1], ""); a.Status != 204 {
		t.Fatal(a.Status)
	}
	p, err := proxy.New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	var removed []string
	err = p.Sweep(t.Context(), "", false, func(_ string, s overlay.Swept) { removed = append(removed, s.ID) })
	if err != nil || len(removed) != 1 || removed[0] != ids[1] {
		t.Errorf("%v removed %v", err, removed)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	served(func(c client) {
		for _, i := range []int{0, 2} {
			if a, err := c.send(t.Context(), "GET", "/Users/"+ids[i], ""); err != nil || a.Resource.Raw("title") != `"T"` {
				t.Errorf("%v %s", err, a.Resource)
			}
		}
	})
}
