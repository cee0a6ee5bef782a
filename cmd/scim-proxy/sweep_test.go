package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// configured writes a configuration with one tenant and an embedded store, and returns the paths
// of the configuration and the store.
func configured(t *testing.T) (file, db string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config.yaml": "keycloak: {url: \"http://127.0.0.1:1\"}\nstore: {embedded: {path: store.db}}\ntenantsDir: tenants\n",
		"tenants/acme.yaml": fmt.Sprintf("tenant: acme\nrealm: acme\nserviceAccount: {clientID: scim, secretFile: ../secret}\ntokens: [{id: k1, sha256: %q}]\n",
			strings.Repeat("0", 64)),
		"secret": "s",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "config.yaml"), filepath.Join(dir, "store.db")
}

func TestSweepRefuses(t *testing.T) {
	file, db := configured(t)
	for _, row := range []struct {
		name   string
		args   []string
		locked bool
		code   int
		want   string
	}{
		{"no file", nil, false, 2, "--config"},
		{"an unknown tenant", []string{"--config", file, "--tenant", "nobody"}, false, 2, `no tenant "nobody"`},
		{"a store that is in use", []string{"--config", file}, true, 1, "stop the proxy before the sweep, because only one process can open the embedded store"},
		{"Keycloak down", []string{"--config", file}, false, 1, "realm acme"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.locked {
				e, err := embedded.Open(db, time.Second)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = e.Close() }()
			}
			c := root()
			var out bytes.Buffer
			c.SetOut(&out)
			c.SetArgs(append([]string{"tenant", "sweep"}, row.args...))
			err := c.ExecuteContext(t.Context())
			if err == nil || exitCode(err) != row.code || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("exit %d: %v", exitCode(err), err)
			}
		})
	}
}

func TestSweepReports(t *testing.T) {
	for _, row := range []struct {
		dryRun bool
		verb   string
	}{{false, "removed"}, {true, "would remove"}} {
		var out bytes.Buffer
		o := proxy.SweepOptions{DryRun: row.dryRun}
		reportSweep(&out, &o)
		o.Found("acme", overlay.Finding{ID: "u1", Type: "User", Reason: overlay.Orphan})
		o.Found("acme", overlay.Finding{ID: "old", Reason: overlay.Orphan})
		o.Found("acme", overlay.Finding{ID: "pending.User.0", Type: "User", Reason: overlay.Pending})
		o.Done("acme", overlay.Swept{Seen: 9, Orphans: 2, Pending: 1})
		want := row.verb + ": realm acme: User u1: the resource is gone in Keycloak\n" +
			row.verb + ": realm acme: User or Group old: the resource is gone in Keycloak\n" +
			"kept: realm acme: User pending.User.0: the create was begun less than a day ago and has not finished: kept for its retry\n" +
			"realm acme: 9 records seen, " + row.verb + " 2 orphans and 0 abandoned creates, kept 1 pending creates\n"
		if out.String() != want {
			t.Errorf("dry run %t:\n%s", row.dryRun, out.String())
		}
	}
}
