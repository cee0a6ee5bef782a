package helm_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"keycloak-scim-proxy/deploy/internal/keycloak"
	"keycloak-scim-proxy/deploy/internal/program"
)

// A sidecar calls Keycloak at 127.0.0.1, and the tokens that it gets and that callers bring are for
// the address that the public uses. It runs on a real Keycloak: docs/kubernetes.md has the same
// steps.
func TestSidecarReachesKeycloak(t *testing.T) {
	kc := keycloak.Given(t)
	if strings.Contains(kc.URL, "127.0.0.1") {
		t.Fatal("KEYCLOAK_URL must not be at 127.0.0.1: the public address must differ from that of the pod")
	}
	realm := fmt.Sprintf("sidecar-%d", os.Getpid())
	kc.Do(t, "POST", "/admin/realms", map[string]any{"realm": realm, "enabled": true}, http.StatusCreated)
	defer kc.Do(t, "DELETE", "/admin/realms/"+realm, nil, http.StatusNoContent)

	// On the operator's own machine: tenant add writes the tenant's file and secret.
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tenants.d", ".keep"), "")
	write(t, filepath.Join(dir, "config.yaml"), fmt.Sprintf("publicURL: https://sso.example.com\nkeycloak: {url: %q}\ntenantsDir: tenants.d\nstore: {embedded: {path: store.db}}\n", kc.URL))
	add := exec.CommandContext(t.Context(), program.Path(t), "tenant", "add", "acme", "--config", filepath.Join(dir, "config.yaml"), "--realm", realm, "--admin-user", kc.User, "--output", "json")
	add.Env = append(os.Environ(), "KEYCLOAK_ADMIN_PASSWORD="+kc.Password)
	out, err := add.Output()
	if err != nil {
		t.Fatalf("tenant add: %v\n%s", err, out)
	}
	var added struct{ Token, File, SecretFile string }
	if err := json.Unmarshal(out, &added); err != nil {
		t.Fatal(err)
	}

	// In the cluster: the file becomes a value, and the secret a Secret.
	var tenant map[string]any
	if err := yaml.Unmarshal([]byte(readText(t, added.File)), &tenant); err != nil {
		t.Fatal(err)
	}
	delete(tenant, "tenant")
	delete(tenant["serviceAccount"].(map[string]any), "secretFile")
	values := ciFiles(t)["sidecar"]
	values["tenants"] = map[string]any{"acme": tenant}
	all := manifests(t, values)
	pod := pods(t)["operator"]
	m := mount(t, all, pod, pod.Containers[1])
	write(t, m.file("/etc/scim-proxy/tenant-secrets/..data/acme"), readText(t, added.SecretFile))
	file := m.file("/etc/scim-proxy/config/config.yaml")
	public, err := url.Parse(kc.URL)
	if err != nil {
		t.Fatal(err)
	}
	// Keycloak's port in the pod, and a store without Redis.
	text := strings.ReplaceAll(readText(t, file), "http://127.0.0.1:8080", "http://127.0.0.1:"+public.Port())
	before, _, _ := strings.Cut(text, "store:\n")
	_, after, _ := strings.Cut(text, "tenantsDir:")
	write(t, file, before+"store: {embedded: {path: "+filepath.Join(t.TempDir(), "store.db")+"}}\ntenantsDir:"+after)
	program.Serve(t, file, m.env...)

	base := fmt.Sprintf("http://127.0.0.1:%d", m.ports["scim"])
	user := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": "ada", "name": map[string]any{"givenName": "Ada", "familyName": "Lovelace"}, "emails": []any{map[string]any{"value": "ada@example.com", "primary": true}}, "title": "Countess"}
	if status, answer := keycloak.Ask(t, "POST", base+"/tenants/acme/scim/v2/Users", added.Token, user); status != http.StatusCreated || !strings.Contains(answer, "https://sso.example.com/tenants/acme/scim/v2/Users/") {
		t.Errorf("POST by the tenant: %d %s", status, answer)
	}
	// A drop-in caller has a token from the public address.
	token := kc.Token(t, realm, url.Values{"grant_type": {"client_credentials"}, "client_id": {"scim-acme"}, "client_secret": {strings.TrimSpace(readText(t, added.SecretFile))}})
	if status, answer := keycloak.Ask(t, "GET", base+"/realms/"+realm+"/scim/v2/Users", token, nil); status != http.StatusOK || !strings.Contains(answer, "Countess") {
		t.Errorf("GET drop-in: %d %s", status, answer)
	}
	if status, answer := keycloak.Ask(t, "GET", base+"/realms/"+realm+"/scim/v2/Users", kc.Token(t, "master", kc.Grant()), nil); status != http.StatusUnauthorized {
		t.Errorf("GET with a token of another audience: %d %s", status, answer)
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
