package test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

// The certificate of a tenant has the lines of its set-up and the rules of its dialect that changed
// requests, read by the proxy that runs, and a signature that the program accepts.
func TestCertifyTenant(t *testing.T) {
	w := newWorld(t)
	binary, cfg := proxytest.Build(t), w.files(t, w.realm.Server.URL)
	edit(t, cfg, "guard:", "publicURL: http://localhost:1\nsetupLinks: {enabled: true}\nguard:")
	p := proxytest.StartProgram(t, binary, cfg)
	c := warmClient(p, w)
	if _, err := c.send(t.Context(), "POST", "/Users", fmt.Sprintf(`{"schemas":[%q],"userName":"ada","password":"dropped","name":{"givenName":"A","familyName":"L"},"emails":[{"value":"ada@example.com","primary":true}]}`, scim.UserURN)); err != nil {
		t.Fatal(err)
	}
	key, err := clientkey.Generate(clientkey.ES256)
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	public, err := clientkey.JWKS(key)
	if err != nil {
		t.Fatal(err)
	}
	if out, code := proxytest.Run(t, binary, "tenant", "invite", "acme", "--live", "--config", cfg); code != 0 {
		t.Fatal(out)
	}
	dir := t.TempDir()
	files := map[string]string{"token": w.tenantToken, "key": string(private), "public": public}
	for name, text := range files {
		files[name] = filepath.Join(dir, name)
		if err := os.WriteFile(files[name], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report, signature := filepath.Join(dir, "report.json"), filepath.Join(dir, "report.jws")
	out, code := proxytest.Run(t, binary, "certify", "--config", cfg, "--tenant", "acme", "--url", p.URL+"/scim/v2", "--profile", "okta",
		"--token-file", files["token"], "--sign-with", files["key"], "--signature", signature, "--output", "json")
	start := strings.Index(out, "{\n")
	end := strings.LastIndex(out, "\n}\n")
	if code != 0 || start < 0 || end < 0 {
		t.Fatalf("%d\n%s", code, out)
	}
	text := out[start : end+len("\n}\n")] // without the progress
	var r struct {
		Tenant struct {
			Name, IDP string
			Writes    int
			Rules     []struct{ Name, Says string }
			Checklist []struct{ Name, State string }
		}
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := r.Tenant; got.Name != "acme" || got.IDP != "generic" || got.Writes != 1 || len(got.Rules) != 2 || got.Rules[1].Name != "password-dropped" || got.Rules[1].Says == "" || len(got.Checklist) != 8 {
		t.Errorf("%+v", got)
	}
	if err := os.WriteFile(report, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := proxytest.Run(t, binary, "certify", "verify", report, "--signature", signature, "--key", files["public"]); code != 0 {
		t.Errorf("%d %s", code, out)
	}
}
