package configfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

func load(t *testing.T, file string) *config.Config {
	t.Helper()
	c, err := configfile.Load(file, generic)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestValues(t *testing.T) {
	dir, _ := unpack(t, "testdata/good.txtar")
	want := config.Default()
	want.PublicURL, want.Keycloak.URL, want.DropIn.Enabled = "https://scim.example.com", "http://keycloak:8080", true
	want.Store = config.Store{
		Redis:      &config.Redis{Addresses: []string{"redis:6379"}, Username: "scim", PasswordFile: dir + "/redis.secret", TLS: &config.TLS{}, Prefix: "kscim:"},
		Encryption: &config.Encryption{KeyFiles: []string{dir + "/k2", dir + "/k1"}},
	}
	want.TenantsDir = dir + "/tenants.d"
	tenant := config.DefaultTenant()
	tenant.Tenant, tenant.Realm = "acme", "saas"
	tenant.ServiceAccount = config.ServiceAccount{ClientID: "scim-acme", SecretFile: dir + "/tenants.d/acme.secret"}
	tenant.Tokens = []config.Token{{
		ID: "k1", SHA256: strings.Repeat("0", 64),
		Created: config.Date{Time: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}, Expires: config.Date{Time: time.Date(2027, 11, 23, 0, 0, 0, 0, time.UTC)},
	}}
	tenant.File = dir + "/tenants.d/acme.yaml"
	want.Tenants = []config.Tenant{tenant}
	if diff := cmp.Diff(&want, load(t, filepath.Join(dir, "config.yaml"))); diff != "" {
		t.Error(diff)
	}
}

// Characters that editors on other systems add are ignored, and the slash at the end of a URL is
// removed.
func TestForms(t *testing.T) {
	text := "\ufeff# by hand\r\n---\r\npublicURL: \"https://scim.example.com/idm/\"\r\nkeycloak: # behind\r\n  url: http://[::1]:8080/auth/\r\n  timeout: 1m30s\r\n" +
		"dropIn:\r\n  enabled: True\r\nstore:\r\n  redis:\r\n    addresses:\r\n      - 'a:1'\r\n      - b:2\r\n    username: >-\r\n      scim\r\n" +
		"limits: {body: 1000, filter: \"2 KiB\", page: 7}\r\nadminListen: ''\r\n"
	c := load(t, write(t, t.TempDir(), "config.yaml", text))
	if c.PublicURL != "https://scim.example.com/idm" || c.Keycloak.URL != "http://[::1]:8080/auth" || c.Keycloak.Timeout.Std() != 90*time.Second {
		t.Errorf("%+v", c)
	}
	if c.Limits.Body != 1000 || c.Limits.Filter != 2048 || c.Limits.Page != 7 || c.Limits.Scan != 100_000 || c.AdminListen != "" {
		t.Errorf("%+v", c)
	}
	if r := c.Store.Redis; r.Prefix != "kscim:" || r.Username != "scim" || r.TLS != nil || !cmp.Equal(r.Addresses, []string{"a:1", "b:2"}) {
		t.Errorf("%+v", r)
	}
}

func TestMissingFile(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{"none.yaml": "/none.yaml: there is no such file", ".": ": cannot be read: is a directory"} {
		_, err := configfile.Load(filepath.Join(dir, name), generic)
		var ps configfile.Problems
		if !errors.As(err, &ps) || len(ps) != 1 || !strings.HasSuffix(ps[0].String(), want) {
			t.Error(err)
		}
	}
}

func TestDropInOnly(t *testing.T) {
	c := config.DropInOnly("http://localhost:8080/", "/x/store.db")
	if err := configfile.Validate(&c); err != nil || c.Keycloak.URL != "http://localhost:8080" {
		t.Error(err, c.Keycloak.URL)
	}
	c = config.DropInOnly("localhost", "")
	c.Listen = "nowhere"
	want := "listen: must be host:port, such as :8080\n" +
		"keycloak.url: must be a URL with http or https and a host, such as https://example.com:8443\n" +
		"store.embedded.path: is required"
	if err := configfile.Validate(&c); err == nil || err.Error() != want {
		t.Error(err)
	}
}

const globex = "tenant: globex\nrealm: globex\nserviceAccount: {clientID: scim-globex, secretFile: acme.secret}\n"

func TestOneBadTenantDoesNotHideTheOthers(t *testing.T) {
	dir, _ := unpack(t, "testdata/good.txtar")
	dir = filepath.Join(dir, "tenants.d")
	write(t, dir, "bad.yml", "tenant: [b")
	write(t, dir, "globex.yml", globex)
	write(t, dir, "initech.yaml", strings.ReplaceAll(globex, "globex", "Initech"))
	good, wrong := configfile.LoadTenants(dir, generic)
	var names []string
	for _, tenant := range good {
		names = append(names, tenant.Tenant)
	}
	if diff := cmp.Diff([]string{"acme", "globex"}, names); diff != "" {
		t.Error(diff)
	}
	if len(wrong) != 2 || wrong[0].File != filepath.Join(dir, "bad.yml") || wrong[1].Path != "tenant" {
		t.Error(wrong)
	}
}

// A new file cannot take over a tenant, whether its name sorts before or after that of the tenant's
// file.
func TestTwoFilesOfATenantAreBothBad(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "acme.secret", "s3cret")
	for _, name := range []string{"a.yaml", "b.yaml", "c.yaml"} {
		write(t, dir, name, globex)
	}
	write(t, dir, "other.yaml", strings.ReplaceAll(globex, "globex", "other"))
	good, wrong := configfile.LoadTenants(dir, generic)
	if len(good) != 1 || good[0].Tenant != "other" {
		t.Error(good)
	}
	bad := map[string]bool{}
	for _, p := range wrong {
		bad[filepath.Base(p.File)] = true
	}
	if diff := cmp.Diff(map[string]bool{"a.yaml": true, "b.yaml": true, "c.yaml": true}, bad); diff != "" {
		t.Error(diff)
	}
}

func TestNoTenantsDir(t *testing.T) {
	good, wrong := configfile.LoadTenants(filepath.Join(t.TempDir(), "none"), generic)
	if good != nil || len(wrong) != 1 || wrong[0].Message != "there is no such directory" {
		t.Error(good, wrong)
	}
}

// Kubernetes mounts a ConfigMap as links to a directory that is itself a link.
func TestMountedConfigMap(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "..2026_11_23/globex.yaml", globex)
	write(t, dir, "..2026_11_23/acme.secret", "s3cret\n")
	write(t, dir, "more.yaml/x.yaml", "a directory, for some reason")
	for link, to := range map[string]string{"..data": "..2026_11_23", "globex.yaml": "..data/globex.yaml", "acme.secret": "..data/acme.secret"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	good, wrong := configfile.LoadTenants(dir, generic)
	if len(good) != 1 || len(wrong) != 0 {
		t.Fatal(good, wrong)
	}
	if s, err := good[0].ServiceAccount.Secret(); err != nil || s != "s3cret" {
		t.Error(s, err)
	}
}

// The dialects are not known in this package.
func TestDialects(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "acme.secret", "s3cret")
	write(t, dir, "globex.yaml", globex+"idp: entra\n")
	var asked []string
	good, wrong := configfile.LoadTenants(dir, func(name string) bool {
		asked = append(asked, name)
		return true
	})
	if len(good) != 1 || len(wrong) != 0 || !cmp.Equal(asked, []string{"entra"}) {
		t.Error(good, wrong, asked)
	}
}

// The admin address is for operators. By default it can be reached only from the same machine.
func TestAdminListenIsLocal(t *testing.T) {
	if got := config.Default().AdminListen; got != "127.0.0.1:9090" {
		t.Error(got)
	}
}
