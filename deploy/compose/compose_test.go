package compose_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"keycloak-scim-proxy/deploy/internal/program"
)

func TestMain(m *testing.M) { program.Main(m) }

func passwords() types.Mapping {
	return types.Mapping{"POSTGRES_PASSWORD": "p", "KEYCLOAK_ADMIN_PASSWORD": "k", "REDIS_PASSWORD": "r"}
}

func load(env types.Mapping) (*types.Project, error) {
	details := types.ConfigDetails{WorkingDir: "..", ConfigFiles: []types.ConfigFile{{Filename: "../compose.yaml"}}, Environment: env}
	return loader.LoadWithContext(context.Background(), details)
}

func TestCompose(t *testing.T) {
	p, err := load(passwords())
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range p.Services {
		_, tag, _ := strings.Cut(s.Image, ":")
		if s.Build == nil && (tag == "" || tag == "latest") {
			t.Errorf("%s: the image %s has no version", name, s.Image)
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %d is open to other machines", name, port.Target)
			}
		}
	}
	proxy := p.Services["proxy"]
	if !slices.Equal(proxy.HealthCheck.Test, []string{"CMD", "/scim-proxy", "health"}) {
		t.Errorf("the proxy is asked by %q", proxy.HealthCheck.Test)
	}
	if !proxy.ReadOnly || !slices.Equal(proxy.CapDrop, []string{"ALL"}) {
		t.Error("the proxy has more rights than it needs")
	}
	if _, err := os.Stat(filepath.Join("../..", proxy.Build.Dockerfile)); err != nil {
		t.Error(err)
	}
}

// Every password is the operator's own: there is no default.
func TestComposePasswords(t *testing.T) {
	for name := range passwords() {
		env := types.Mapping{}
		for other, value := range passwords() {
			if other != name {
				env[other] = value
			}
		}
		if _, err := load(env); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	example, err := os.ReadFile("../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	for name := range passwords() {
		if !strings.Contains(string(example), name+"=\n") {
			t.Errorf(".env.example lacks %s", name)
		}
	}
}

// The real program serves with the configuration.
func TestComposeConfiguration(t *testing.T) {
	content, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tenants"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(
		"/var/lib/scim-proxy", filepath.Join(dir, "tenants"),
		`adminListen: ":9090"`, fmt.Sprintf(`adminListen: "127.0.0.1:%d"`+"\n"+`listen: "127.0.0.1:%d"`, program.FreePort(t), program.FreePort(t)),
		"redis:6379", "127.0.0.1:1",
	).Replace(string(content))
	file := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	program.Serve(t, file, "REDIS_PASSWORD=r")
}
