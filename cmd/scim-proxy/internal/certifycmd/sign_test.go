package certifycmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/certifytest"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
)

// TestSigned signs a report in each form, and finds a change of it.
func TestSigned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := clientkey.Generate(clientkey.EdDSA)
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	set, err := clientkey.JWKS(key)
	if err != nil {
		t.Fatal(err)
	}
	with, public, signature := file("key.pem", private), file("public.json", []byte(set)), filepath.Join(dir, "report.jws")
	s := certifytest.New(t, false)
	for _, output := range []string{"text", "json", "markdown", "html"} {
		out, _, err := run("--url", s.URL, "--profile", "okta", "--output", output, "--sign-with", with, "--signature", signature)
		if err != nil {
			t.Fatal(err)
		}
		if said, _, err := run("verify", file("report", []byte(out)), "--signature", signature, "--key", public); err != nil || said != "the signature is good\n" {
			t.Errorf("%s: %q, %v", output, said, err)
		}
		if _, _, err := run("verify", file("report", []byte(strings.Replace(out, "pass", "fail", 1))), "--signature", signature, "--key", public); err == nil || !strings.Contains(err.Error(), "is not the signature of this content") {
			t.Errorf("%s, changed: %v", output, err)
		}
	}
	for _, row := range [][]string{
		{"--url", s.URL, "--sign-with", with}, {"--url", s.URL, "--signature", signature}, {"--url", s.URL, "--sign-with", public, "--signature", signature},
		{"--url", s.URL, "--sign-with", with, "--signature", filepath.Join(dir, "none", "report.jws")},
		{"verify", with, "--signature", signature}, {"--tenant", "acme", "--config", filepath.Join(dir, "none.yaml")},
	} {
		if _, _, err := run(row...); err == nil {
			t.Errorf("%v is accepted", row)
		}
	}
}
