package helm_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"keycloak-scim-proxy/deploy/internal/program"
)

// A sidecar calls Keycloak at 127.0.0.1, and the tokens that it gets and that callers bring are for
// the address that the public uses. It runs on a real Keycloak: docs/kubernetes.md has the same
// steps.
func TestSidecarReachesKeycloak(t *testing.T) {
	kc := keycloak(t)
	realm := fmt.Sprintf("sidecar-%d", os.Getpid())
	kc.do(t, "POST", "/admin/realms", map[string]any{"realm": realm, "enabled": true}, http.StatusCreated)
	defer kc.do(t, "DELETE", "/admin/realms/"+realm, nil, http.StatusNoContent)

	// On the operator's own machine: tenant add writes the tenant's file and secret.
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tenants.d", ".keep"), "")
	write(t, filepath.Join(dir, "config.yaml"), fmt.Sprintf("publicURL: https://sso.example.com\nkeycloak: {url: %q}\ntenantsDir: tenants.d\nstore: {embedded: {path: store.db}}\n", kc.url))
	add := exec.CommandContext(t.Context(), program.Path(t), "tenant", "add", "acme", "--config", filepath.Join(dir, "config.yaml"), "--realm", realm, "--admin-user", kc.user, "--output", "json")
	add.Env = append(os.Environ(), "KEYCLOAK_ADMIN_PASSWORD="+kc.password)
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
	public, err := url.Parse(kc.url)
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
	if status, answer := ask(t, "POST", base+"/tenants/acme/scim/v2/Users", added.Token, user); status != http.StatusCreated || !strings.Contains(answer, "https://sso.example.com/tenants/acme/scim/v2/Users/") {
		t.Errorf("POST by the tenant: %d %s", status, answer)
	}
	// A drop-in caller has a token from the public address.
	token := kc.token(t, realm, url.Values{"grant_type": {"client_credentials"}, "client_id": {"scim-acme"}, "client_secret": {strings.TrimSpace(readText(t, added.SecretFile))}})
	if status, answer := ask(t, "GET", base+"/realms/"+realm+"/scim/v2/Users", token, nil); status != http.StatusOK || !strings.Contains(answer, "Countess") {
		t.Errorf("GET drop-in: %d %s", status, answer)
	}
	if status, answer := ask(t, "GET", base+"/realms/"+realm+"/scim/v2/Users", kc.token(t, "master", kc.grant()), nil); status != http.StatusUnauthorized {
		t.Errorf("GET with a token of another audience: %d %s", status, answer)
	}
}

type server struct{ url, user, password, admin string }

func keycloak(t *testing.T) *server {
	t.Helper()
	s := &server{url: os.Getenv("KEYCLOAK_URL"), user: os.Getenv("KEYCLOAK_ADMIN"), password: os.Getenv("KEYCLOAK_ADMIN_PASSWORD")}
	if testing.Short() || s.url == "" {
		t.Skip("needs a Keycloak: KEYCLOAK_URL, KEYCLOAK_ADMIN, KEYCLOAK_ADMIN_PASSWORD")
	}
	if strings.Contains(s.url, "127.0.0.1") {
		t.Fatal("KEYCLOAK_URL must not be at 127.0.0.1: the public address must differ from that of the pod")
	}
	s.admin = s.token(t, "master", s.grant())
	return s
}

// grant is the grant of the administrator.
func (s *server) grant() url.Values {
	return url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {s.user}, "password": {s.password}}
}

func (s *server) token(t *testing.T, realm string, form url.Values) string {
	t.Helper()
	r, err := http.PostForm(s.url+"/realms/"+realm+"/protocol/openid-connect/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil || answer.Token == "" {
		t.Fatal("no token", r.Status, err)
	}
	return answer.Token
}

func (s *server) do(t *testing.T, method, path string, body any, want int) {
	t.Helper()
	s.admin = s.token(t, "master", s.grant())
	if status, answer := ask(t, method, s.url+path, s.admin, body); status != want {
		t.Fatalf("%s %s: %d %s", method, path, status, answer)
	}
}

func ask(t *testing.T, method, address, token string, body any) (int, string) {
	t.Helper()
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(b)
	}
	r, err := http.NewRequest(method, address, content)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(b)
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
