package democmd

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// onForeign returns a demo on the tests' Keycloak, which it did not start.
func onForeign(t *testing.T, realm string) *demo {
	t.Helper()
	s := kctest.Server(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	if err := os.WriteFile(file, []byte(s.AdminPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &demo{
		dir: filepath.Join(dir, "demo"), listen: "127.0.0.1:0", keycloak: s.URL, user: s.AdminUser, passwordFile: file,
		realm: realm, in: strings.NewReader(""),
	}
	if err := d.startKeycloak(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// screen keeps the demo's output and calls announced at the end of the announcement.
type screen struct {
	bytes.Buffer
	announced func()
}

func (s *screen) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("Ctrl-C ends it.")) {
		go s.announced()
	}
	return s.Buffer.Write(b)
}

// play runs the demo and returns its output. Once the demo serves, play calls while and ends it.
func play(t *testing.T, d *demo, while func()) (said string, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &screen{announced: func() { while(); cancel() }}
	d.out = out
	err = d.run(ctx)
	return out.String(), err
}

func nothing() {}

func randomRealm() string { return "t" + strings.ToLower(rand.Text()[:12]) }

// The demo uses a realm that it created again without asking, and removes it.
func TestDemoMakesAndRemovesARealm(t *testing.T) {
	d := onForeign(t, randomRealm())
	d.saas = d.realm + "-saas"
	t.Cleanup(func() {
		_ = mustLogin(t, d).DeleteRealm(context.WithoutCancel(t.Context()), d.realm)
		_ = mustLogin(t, d).DeleteRealm(context.WithoutCancel(t.Context()), d.saas)
	})
	said, err := play(t, d, func() {
		vars := env(t, d)
		call(t, "POST", vars["WORKFORCE_URL"]+"/Users", vars["WORKFORCE_TOKEN"],
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","title":"Countess","name":{"givenName":"Ada","familyName":"Lovelace"},"emails":[{"value":"ada@example.com","primary":true}]}`, 201)
		for _, tenant := range []string{"ACME", "GLOBEX"} {
			call(t, "POST", vars[tenant+"_URL"]+"/Users", vars[tenant+"_TOKEN"], fmt.Sprintf(
				`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"%[1]s","externalId":"7","active":true,"name":{"givenName":"A","familyName":"L"},"emails":[{"value":"%[1]s@example.com","primary":true}]}`, tenant), 201)
			call(t, "POST", vars[tenant+"_URL"]+"/Groups", vars[tenant+"_TOKEN"], `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Engineering"}`, 201)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if env(t, d)["KEYCLOAK_ADMIN_PASSWORD"] != "" || strings.Contains(said, d.server.AdminUser+" / ") {
		t.Errorf("the administrator's password of a foreign server is shown: %s", said)
	}
	if said, err := play(t, d, nothing); err != nil || strings.Contains(said, "Go on?") { // no terminal, no --yes
		t.Errorf("%v: %s", err, said)
	}
	d.remove = true
	if said, err := play(t, d, nothing); err != nil || !strings.Contains(said, "removed realm") {
		t.Errorf("%v: %s", err, said)
	}
	for _, realm := range []string{d.realm, d.saas} {
		if _, exists, err := mustLogin(t, d).Realm(t.Context(), realm); err != nil || exists {
			t.Errorf("%s exists %t, %v", realm, exists, err)
		}
	}
	if said, err := play(t, d, nothing); err != nil || !strings.Contains(said, "does not exist") {
		t.Errorf("%v: %s", err, said)
	}
}

// env returns the variables in the file env.
func env(t *testing.T, d *demo) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(d.dir, "env"))
	if err != nil {
		t.Error(err)
	}
	vars := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		vars[name] = strings.Trim(value, "'")
	}
	return vars
}

func mustLogin(t *testing.T, d *demo) *onboarding.Admin {
	t.Helper()
	a, err := d.login(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func call(t *testing.T, method, target, token, body string, want int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != want {
		t.Errorf("%s %s: %d %s", method, target, res.StatusCode, b)
	}
}

func TestDemoFlags(t *testing.T) {
	t.Setenv("KEYCLOAK_URL", "http://127.0.0.1:1") // so that no Keycloak starts if a check is missing
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"--keycloak", "http://127.0.0.1:1"}, "--admin-password-file"},
		{[]string{"--remove"}, "--keycloak"},
		{[]string{"--ca-file", "ca.pem"}, "--keycloak"},
		{[]string{"--realm", ""}, "not the name of a realm"},
		{[]string{"--realm", ".."}, "not the name of a realm"},
		{[]string{"--realm", "a/b"}, "not the name of a realm"},
		{[]string{"--realm", "master"}, "master"},
		{[]string{"--saas-realm", "master"}, "master"},
		{[]string{"--saas-realm", "demo"}, "another realm"},
		{[]string{"--saas-realm", "a/b"}, "--saas-realm"},
	} {
		c := Command()
		c.SilenceUsage, c.SilenceErrors = true, true
		c.SetArgs(append([]string{"--dir", filepath.Join(t.TempDir(), "demo")}, row.args...))
		var usage cli.UsageError
		if err := c.ExecuteContext(t.Context()); !errors.As(err, &usage) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: %v", row.args, err)
		}
	}
}
