package proxy

import (
	"path/filepath"
	"testing"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/store"
)

// All ways into a whole realm share their records; a tenant that is confined to a group has its own.
func TestScopes(t *testing.T) {
	cfg := config.DropInOnly("http://127.0.0.1:1", filepath.Join(t.TempDir(), "store.db"))
	for name, place := range map[string][2]string{"whole": {"r", ""}, "other": {"r", ""}, "acme": {"r", "acme"}, "globex": {"r", "globex"}, "elsewhere": {"r2", "acme"}} {
		tenant := config.DefaultTenant()
		tenant.Tenant, tenant.Realm, tenant.Group = name, place[0], place[1]
		cfg.Tenants = append(cfg.Tenants, tenant)
	}
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	all := map[string]spaces{"drop-in": newDropInAuthenticator(p).realm("r").spaces}
	for name, tenant := range p.tenants.all {
		all[name] = tenant.parts.spaces
	}
	for name, s := range all {
		for _, kind := range []store.Space{s.records, s.pending, s.keys} {
			if _, err := kind.Save(t.Context(), name, store.Record{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	shared := map[string]bool{"drop-in": true, "whole": true, "other": true}
	for name, s := range all {
		for _, kind := range []store.Space{s.records, s.pending, s.keys} {
			ids, err := kind.Scan(t.Context(), "", 10)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{true: 3, false: 1}[shared[name]]; len(ids) != want {
				t.Errorf("%s sees the records of %v", name, ids)
			}
		}
	}
}
