package test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

// effect is how long a change of a tenant's file may take.
const effect = 5 * time.Second

// The program follows the files of its tenants while it runs, also those of a mounted ConfigMap,
// and looks at once at SIGHUP.
func TestTenantsDirIsFollowed(t *testing.T) {
	w := newWorld(t)
	file := w.files(t, w.realm.Server.URL)
	dir := filepath.Join(filepath.Dir(file), "tenants")
	acme, err := os.ReadFile(filepath.Join(dir, "acme.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p := proxytest.StartProgram(t, proxytest.Build(t), file)
	first := client{p.URL + "/scim/v2", w.tenantToken}
	token, entry := proxytest.Mint(t, "globex")
	second := client{p.URL + "/scim/v2", token}
	globex := func(more string) []byte {
		return fmt.Appendf(nil, "tenant: globex\nrealm: %s\nsharedRealm: true\nserviceAccount: {clientID: scim, secretFile: %q}\ntokens: [{id: k1, sha256: %q}]\n%s",
			w.realm.Name, w.cfg.Tenants[0].ServiceAccount.SecretFile, entry.SHA256, more)
	}
	made, err := first.send(t.Context(), "POST", "/Users", directorytest.Sample(1).String())
	if err != nil {
		t.Fatal(err)
	}
	become := func(name string, c client, want int) {
		t.Helper()
		status := 0
		for end := time.Now().Add(effect); status != want && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			_, err := c.send(t.Context(), "GET", "/Users/"+made.Resource.ID(), "")
			if status = http.StatusOK; err != nil {
				status = scim.Status(err)
			}
		}
		if status != want {
			t.Fatalf("%s: %d, want %d", name, status, want)
		}
	}
	write := func(path string, text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, path), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	become("at first", first, 200)
	become("at first, the other", second, 401)
	write("acme.yaml", append(acme, "sharedRealm: true\n"...))
	write("globex.yaml", globex(""))
	become("a new tenant", second, 200)
	write("globex.yaml", []byte("tenant: ["))
	write("acme.yaml", append(acme, "sharedRealm: true\ntokens: []\n"...)) // tokens twice
	if err := p.Cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	become("both files are wrong", second, 200)
	become("both files are wrong, the other", first, 200)
	if err := os.Remove(filepath.Join(dir, "globex.yaml")); err != nil {
		t.Fatal(err)
	}
	become("removed", second, 401)
	// As Kubernetes mounts a ConfigMap: files are links through ..data, which is replaced.
	for i, row := range []struct {
		text []byte
		want int
	}{{globex(""), 200}, {[]byte("tenant: ["), 200}, {globex("state: staged\n"), 200}, {nil, 401}, {globex(""), 200}} {
		version := fmt.Sprintf("..%d", i)
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		if row.text != nil {
			write(version+"/globex.yaml", row.text)
		}
		if err := errors.Join(os.Symlink(version, filepath.Join(dir, "..new")), os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data"))); err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(filepath.Join(dir, "globex.yaml"))
		if row.text != nil {
			if err := os.Symlink("..data/globex.yaml", filepath.Join(dir, "globex.yaml")); err != nil {
				t.Fatal(err)
			}
		}
		become(fmt.Sprintf("version %d of the ConfigMap", i), second, row.want)
	}
	become("at last, the other", first, 200)
	p.Stop(t)
}
