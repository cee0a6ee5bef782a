package test

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/scim"
)

// A user that is deleted in Keycloak's console leaves a record behind. The sweep removes it and
// keeps the other records. It sweeps a realm of two tenants once, and fails without findings if
// the realm's SCIM API is off.
func TestSweep(t *testing.T) {
	w := newWorld(t)
	cfg := w.cfg
	cfg.Listen, cfg.AdminListen = "127.0.0.1:0", ""
	cfg.Store.Embedded = &config.Embedded{Path: filepath.Join(t.TempDir(), "store.db")}
	second := cfg.Tenants[0]
	second.Tenant, second.Tokens = "beta", nil
	cfg.Tenants = append(slices.Clone(cfg.Tenants), second)
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
			made, err := c.send(t.Context(), "POST", "/Users", directorytest.Sample(i).With("title", `"T"`).String())
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
	sweep := func(dryRun bool) (found []overlay.Finding, done []overlay.Swept, err error) {
		err = p.Sweep(t.Context(), proxy.SweepOptions{
			DryRun: dryRun,
			Found:  func(_ string, f overlay.Finding) { found = append(found, f) },
			Done:   func(_ string, s overlay.Swept) { done = append(done, s) },
		})
		return found, done, err
	}
	scimAPI := func(on bool) {
		t.Helper()
		if a := w.realm.Admin("PUT", "", fmt.Sprintf(`{"scimApiEnabled":%t}`, on)); a.Status != 204 {
			t.Fatal(a.Status)
		}
	}
	scimAPI(false)
	if found, _, err := sweep(false); err == nil || len(found) != 0 {
		t.Errorf("without the SCIM API: %v %v", err, found)
	}
	scimAPI(true)
	for _, dryRun := range []bool{true, false} {
		found, done, err := sweep(dryRun)
		want := []overlay.Finding{{ID: ids[1], Type: scim.User, Reason: overlay.Orphan}}
		if diff := cmp.Diff(want, found); err != nil || diff != "" {
			t.Errorf("dry run %t: %v %s", dryRun, err, diff)
		}
		if diff := cmp.Diff([]overlay.Swept{{Seen: 3, Orphans: 1}}, done); diff != "" {
			t.Errorf("dry run %t: %s", dryRun, diff)
		}
	}
	if found, done, err := sweep(false); err != nil || len(found) != 0 || len(done) != 1 || done[0].Seen != 2 {
		t.Errorf("a second sweep: %v %v %v", found, done, err)
	}
	if err := p.Sweep(t.Context(), proxy.SweepOptions{Tenant: "nobody"}); err == nil {
		t.Error("a tenant that does not exist was swept")
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
