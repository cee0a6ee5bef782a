package packaging_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"keycloak-scim-proxy/deploy/internal/program"
)

func TestMain(m *testing.M) { program.Main(m) }

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The configuration of the packages works as it is.
func TestConfiguration(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tenants.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(read(t, "config.yaml"), "/var/lib/scim-proxy", dir) +
		fmt.Sprintf("listen: 127.0.0.1:%d\nadminListen: 127.0.0.1:%d\n", program.FreePort(t), program.FreePort(t))
	file := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	program.Serve(t, file)
}

// systemd waits longer than the program, which lets running requests finish.
func TestUnit(t *testing.T) {
	unit := read(t, "scim-proxy.service")
	seconds := func(text, pattern string) int {
		found := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("no %s", pattern)
		}
		n, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	drain := seconds(read(t, "../../proxy/run.go"), `(?m)^const grace = (\d+) \* time\.Second$`)
	if stop := seconds(unit, `(?m)^TimeoutStopSec=(\d+)$`); stop < drain+5 {
		t.Errorf("TimeoutStopSec=%d, but the program may take %d s", stop, drain)
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze")
	}
	file := filepath.Join(t.TempDir(), "scim-proxy.service")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(unit, "/usr/bin/scim-proxy", "/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze: %v %s", err, out)
	}
}

// Every file that .goreleaser.yaml names is there, and the scripts are valid.
func TestFiles(t *testing.T) {
	for _, name := range regexp.MustCompile(`deploy/packaging/[\w.-]+`).FindAllString(read(t, "../../.goreleaser.yaml"), -1) {
		read(t, filepath.Join("../..", name))
		if strings.HasSuffix(name, ".sh") {
			if out, err := exec.CommandContext(t.Context(), "sh", "-n", filepath.Join("../..", name)).CombinedOutput(); err != nil {
				t.Errorf("%s: %v %s", name, err, out)
			}
		}
	}
}

// The release workflow was never run, so at least what it refers to is checked.
func TestWorkflow(t *testing.T) {
	text := read(t, "../../.github/workflows/release.yaml")
	var workflow struct {
		Jobs map[string]struct {
			Permissions map[string]string `json:"permissions"`
			Steps       []struct {
				Run string `json:"run"`
			} `json:"steps"`
		} `json:"jobs"`
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	for name, job := range workflow.Jobs {
		if len(job.Permissions) == 0 {
			t.Errorf("%s: no permissions are named", name)
		}
		for _, step := range job.Steps {
			cmd := exec.CommandContext(t.Context(), "bash", "-n")
			cmd.Stdin = strings.NewReader(step.Run)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v %s\n%s", name, err, out, step.Run)
			}
		}
	}
	if version := regexp.MustCompile(`go-containerregistry (v\S+)`).FindStringSubmatch(read(t, "../go.mod"))[1]; !strings.Contains(text, "cmd/crane@"+version) {
		t.Errorf("crane is not that of deploy/go.mod, %s", version)
	}
	if n := len(regexp.MustCompile(`(?m)^  registry: ""`).FindAllString(read(t, "../helm/keycloak-scim-proxy/values.yaml"), -1)); n != 1 {
		t.Errorf("the workflow replaces %d lines of values.yaml", n)
	}
	if makefile := read(t, "../../Makefile"); !strings.Contains(makefile, "\nimage:") || !strings.Contains(makefile, "\ncheck:") {
		t.Error("a target of make is missing")
	}
}
