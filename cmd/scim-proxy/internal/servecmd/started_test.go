package servecmd

import (
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap/zapcore"

	"keycloak-scim-proxy/config"
)

// The line of the start has what an operator looks for, and no secret.
func TestStarted(t *testing.T) {
	c := config.DropInOnly("https://admin:secret@kc.example.com/auth", "/state/store.db")
	c.AdminListen = ""
	c.TLS = &config.Certificate{}
	c.Tenants = []config.Tenant{{State: "live"}, {State: "live", Group: "a"}, {State: "staged", Group: "b"}, {State: "live", Group: "c"}}
	got := zapcore.NewMapObjectEncoder()
	for _, f := range started(c, "1.2", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8443}) {
		f.AddTo(got)
	}
	want := map[string]any{
		"version": "1.2", "address": "127.0.0.1:8443", "adminAddress": "off", "tls": true, "publicURL": "",
		"keycloak": "https://admin:xxxxx@kc.example.com/auth", "dropIn": true, "passthrough": false,
		"tenantsDir": "", "tenants": map[string]map[string]int{"realm": {"live": 1}, "group": {"live": 2, "staged": 1}},
		"store": "embedded", "storePath": "/state/store.db", "storeEncrypted": false,
	}
	if diff := cmp.Diff(want, got.Fields); diff != "" {
		t.Error(diff)
	}
	c.Store = config.Store{Redis: &config.Redis{Addresses: []string{"r:6379"}, Prefix: "p:", PasswordEnv: "X"}, Encryption: &config.Encryption{}}
	got = zapcore.NewMapObjectEncoder()
	for _, f := range started(c, "1.2", &net.TCPAddr{}) {
		f.AddTo(got)
	}
	if got.Fields["store"] != "redis" || got.Fields["storeEncrypted"] != true || got.Fields["storePath"] != nil {
		t.Errorf("%v", got.Fields)
	}
}
