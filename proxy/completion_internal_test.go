package proxy

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/store"
)

// While the proxy runs, the records of an earlier release get their terms: those of tenants, and of
// realms that only drop-in callers use, from their first request on.
func TestRunCompletesTheIndex(t *testing.T) {
	cfg := config.DropInOnly("http://127.0.0.1:1", filepath.Join(t.TempDir(), "store.db"))
	cfg.Listen, cfg.AdminListen = "127.0.0.1:0", ""
	tenant := config.DefaultTenant()
	tenant.Tenant, tenant.Realm = "acme", "configured"
	cfg.Tenants = append(cfg.Tenants, tenant)
	core, _ := observer.New(zap.InfoLevel)
	passed := make(chan string, 10)
	p, err := New(cfg, zap.New(core, zap.Hooks(func(e zapcore.Entry) error {
		if e.Message == "records of an earlier release were added to the index of kept attributes" {
			passed <- e.Message
		}
		return nil
	})))
	if err != nil {
		t.Fatal(err)
	}
	old := store.Record{Body: []byte(`{"type":"User","pairs":[{"path":{"URN":"","Name":"title","Sub":""},"asked":"\"Boss\"","slot":-1}]}`)}
	for _, realm := range []string{"configured", "other"} {
		if _, err := p.engine.Open("realm."+realm).Save(t.Context(), "u1", old); err != nil {
			t.Fatal(err)
		}
	}
	found := func(s *scopes.Scope) []string {
		t.Helper()
		ids, err := s.Spaces.Records.Find(t.Context(), record.Lookup(scim.User, scim.MustPath("title"), `"boss"`)...)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended, ready := make(chan error, 1), make(chan struct{})
	go func() { ended <- p.Run(ctx, func(net.Addr) { close(ready) }) }()
	<-ready
	<-passed
	if ids := found(p.tenants.each()[0].scope); len(ids) != 1 {
		t.Errorf("the tenant's record is not found: %q", ids)
	}
	dropIn := p.realms.Scope("other", "", false)
	<-passed
	if ids := found(dropIn); len(ids) != 1 {
		t.Errorf("the record of a drop-in realm is not found: %q", ids)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
