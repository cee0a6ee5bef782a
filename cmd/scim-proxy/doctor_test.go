package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor/report"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// clinic is a directory with a configuration of which nothing is wrong. A test changes a part of it
// and examines it.
type clinic struct {
	t   *testing.T
	dir string
	// main has the sections of the main file, by key; tenants the files of tenants, by name.
	main, tenants map[string]string
}

func newClinic(t *testing.T, keycloak string) *clinic {
	t.Helper()
	c := &clinic{t: t, dir: t.TempDir(), tenants: map[string]string{}}
	c.main = map[string]string{
		"listen": fmt.Sprintf("%q", free(t)), "adminListen": fmt.Sprintf("%q", free(t)), "keycloak": "{url: " + keycloak + "}",
		"publicURL": "http://localhost:1", "store": "{embedded: {path: data/store.db}}", "dropIn": "{enabled: true}", "tenantsDir": "tenants.d",
	}
	for _, dir := range []string{"tenants.d", "data"} {
		if err := os.Mkdir(filepath.Join(c.dir, dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// free returns a loopback address whose port is free now.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

func (c *clinic) file(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// tenant describes the file of a tenant with a secret and a token.
func tenant(name, realm, client, secretFile, more string) string {
	return fmt.Sprintf("tenant: %s\nrealm: %s\nserviceAccount: {clientID: %s, secretFile: %s}\n", name, realm, client, secretFile) + more
}

func token(of string) string {
	return fmt.Sprintf("{id: k1, sha256: %q%s}", hex.EncodeToString(bytes.Repeat([]byte{7}, 32)), of)
}

// write writes the configuration with other sections, which replace its own; "" leaves one out.
func (c *clinic) write(main, tenants map[string]string) string {
	c.t.Helper()
	merged := func(base, other map[string]string) map[string]string {
		all := map[string]string{}
		maps.Copy(all, base)
		maps.Copy(all, other)
		return all
	}
	text := ""
	for key, value := range merged(c.main, main) {
		if value != "" {
			text += key + ": " + value + "\n"
		}
	}
	old, err := filepath.Glob(filepath.Join(c.dir, "tenants.d", "*.yaml"))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, name := range old {
		_ = os.Remove(name)
	}
	for name, text := range merged(c.tenants, tenants) {
		if text != "" {
			c.file("tenants.d/"+name+".yaml", text)
		}
	}
	return c.file("config.yaml", text)
}

// examine runs doctor with a configuration, and returns its report and exit code.
func examine(t *testing.T, command *cobra.Command, args ...string) (r report.Report, code int) {
	t.Helper()
	var out bytes.Buffer
	command.SetOut(&out)
	command.SilenceErrors, command.SilenceUsage = true, true
	command.SetArgs(append(args, "--output", "json"))
	err := command.ExecuteContext(t.Context())
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
	}
	return r, exitCode(err)
}

// mistake is one that an operator makes.
type mistake struct {
	name string
	// make makes it in the clinic's parts, or elsewhere. The function that it returns mends it; nil
	// if there is nothing to mend.
	make          func() (undo func())
	main, tenants map[string]string
	args          []string
	// find is the finding: subject, check and status. text and remedy are parts of its own.
	find         string
	text, remedy string
	code         int
}

func (c *clinic) examineAll(all []mistake) {
	for _, m := range all {
		c.t.Run(m.name, func(t *testing.T) {
			undo := func() {}
			if m.make != nil {
				if u := m.make(); u != nil {
					undo = u
				}
			}
			config := c.write(m.main, m.tenants)
			r, code := examine(t, root(), append([]string{"doctor", "--config", config}, m.args...)...)
			undo()
			expect(t, m, r, code)
		})
	}
}

func expect(t *testing.T, m mistake, r report.Report, code int) {
	t.Helper()
	if code != m.code {
		t.Errorf("exit code %d, want %d", code, m.code)
	}
	for _, f := range r.Findings {
		if m.find == f.Subject+" "+f.Check+" "+string(f.Status) && strings.Contains(f.Text, m.text) && strings.Contains(f.Remedy, m.remedy) && (m.remedy != "") == (f.Remedy != "") {
			return
		}
	}
	t.Errorf("no %s: %q, to do: %q in\n%s", m.find, m.text, m.remedy, r.Text())
}

// practice is a clinic with a real realm and a tenant of the whole realm whose account is as
// `tenant add` makes it.
type practice struct {
	*clinic
	realm *kctest.Realm
	// password is the file with the administrator's password, admin the flags with it.
	password string
	admin    []string
}

func newPractice(t *testing.T) *practice {
	t.Helper()
	p := &practice{realm: kctest.NewRealm(t)}
	server := p.realm.Server
	p.clinic = newClinic(t, server.URL)
	p.password = p.file("admin.password", server.AdminPassword)
	p.admin = []string{"--admin-user", server.AdminUser, "--admin-password-file", p.password}
	session, err := onboarding.Login(t.Context(), server.URL, onboarding.Administrator{User: server.AdminUser, Password: server.AdminPassword}, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := session.EnsureAccount(t.Context(), onboarding.Account{Realm: p.realm.Name, ClientID: "scim-acme", Kind: onboarding.WholeRealm})
	if err != nil {
		t.Fatal(err)
	}
	p.file("tenants.d/acme.secret", made.Secret)
	p.tenants["acme"] = tenant("acme", p.realm.Name, "scim-acme", "acme.secret", "tokens: ["+token("")+"]\n")
	t.Setenv("KEYCLOAK_ADMIN_PASSWORD", "") // only rows that say so have an administrator
	return p
}
