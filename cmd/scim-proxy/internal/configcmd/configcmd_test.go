package configcmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/configcmd"
	"keycloak-scim-proxy/config/configfile"
)

func generic(name string) bool { return name == "generic" }

const main = `listen: ":8081"
keycloak: {url: http://keycloak:8080/auth, timeout: 5s, proxy: environment}
dropIn:
  enabled: true
  passthrough: {deny: []}
store:
  redis:
    addresses: ["redis:6379"]
    passwordEnv: DOCTOR_TEST_PASSWORD
    tls: {}
tenantsDir: DIR/tenants.d
`

const acme = `tenant: acme
realm: saas
serviceAccount: {clientID: "a: b", secretFile: DIR/tenants.d/acme.secret}
tokens:
  - id: k1
    sha256: "0000000000000000000000000000000000000000000000000000000000000000"
    expires: 2027-01-01
extensions:
  - urn: urn:example:params:scim:schemas:extension:acme:2.0:User
    attributes:
      - {name: a}
      - name: b
        multiValued: true
`

// site writes a configuration with one tenant, and returns its directory and main file.
func site(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("DOCTOR_TEST_PASSWORD", "hunter2")
	if err := os.Mkdir(dir+"/tenants.d", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"config.yaml": main, "tenants.d/acme.yaml": acme, "tenants.d/acme.secret": "hunter2"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, filepath.Join(dir, "config.yaml")
}

func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := configcmd.Command(generic)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetOut(&out)
	c.SetArgs(args)
	err := c.ExecuteContext(t.Context())
	if strings.Contains(out.String(), "hunter2") || err != nil && strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%q prints a secret", args)
	}
	return out.String(), err
}

// A file that has what show prints means the same.
func TestShowIsTheConfiguration(t *testing.T) {
	dir, file := site(t)
	want, err := configfile.Load(file, generic)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := run(t, "show", "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	of, err := run(t, "show", "--config", file, "--tenant", "acme")
	if err != nil {
		t.Fatal(err)
	}
	of = strings.Replace(of, "  - id: k1", `  - sha256: "`+want.Tenants[0].Tokens[0].SHA256+"\"\n    id: k1", 1)
	for name, text := range map[string]string{file: shown, dir + "/tenants.d/acme.yaml": of} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := configfile.Load(file, generic)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("%v\n%s\n%s\n%s", err, diff, shown, of)
	}
}

func TestShowNamesOrigins(t *testing.T) {
	dir, file := site(t)
	shown, err := run(t, "show", "--config", file)
	if err != nil {
		t.Fatal(err)
	}
	of, err := run(t, "show", "--config", file, "--tenant", "acme")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`listen: ":8081"  # FILE:1`, `adminListen: "127.0.0.1:9090"  # default`, `timeout: "5s"  # FILE:2`, "maxInFlight: 64  # default",
		"proxy: environment  # FILE:2, from HTTP_PROXY", "deny: []  # FILE:5", `- "redis:6379"  # FILE:8`, "passwordEnv: DOCTOR_TEST_PASSWORD  # FILE:9, a variable that is set",
		"tls: {}  # FILE:10", "jsonDepth: 64  # default", "burst: 100  # default",
		`  clientID: "a: b"  # ACME:3`, "graceDays: 30  # default", `    expires: "2027-01-01T00:00:00Z"  # ACME:7`, "- name: b  # ACME:12", "  multiValued: true  # ACME:13",
	} {
		want = strings.NewReplacer("FILE", file, "ACME", dir+"/tenants.d/acme.yaml").Replace(want)
		if !strings.Contains(shown+of, want) {
			t.Errorf("no %q in\n%s\n%s", want, shown, of)
		}
	}
	text, err := run(t, "show", "--config", file, "--output", "json")
	var values []struct {
		Path, Origin, File string
		Value              any
		Line               int
	}
	if err := errors.Join(err, json.Unmarshal([]byte(text), &values)); err != nil {
		t.Fatal(err)
	}
	origins := map[string]string{}
	for _, v := range values {
		origins[v.Path] = v.Origin
	}
	for path, want := range map[string]string{"listen": "file", "log.level": "default", "store.redis.passwordEnv": "environment", "store.redis.addresses[0]": "file"} {
		if origins[path] != want {
			t.Errorf("%s: %q, want %q", path, origins[path], want)
		}
	}
}

func TestCheck(t *testing.T) {
	dir, file := site(t)
	good, err := run(t, "check", "--config", file)
	if want := "ok\nlisten    :8081\n"; err != nil || !strings.HasPrefix(good, want) || !strings.Contains(good, "tenant    acme (realm saas): http://localhost:8081/tenants/acme/scim/v2\n") {
		t.Errorf("%v\n%s", err, good)
	}
	if err := os.WriteFile(dir+"/tenants.d/acme.yaml", []byte("tenant: acme\nstate: on\nrealm: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll("lissen: x\n"+main, "DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := run(t, "check", "--config", file)
	wrong, ok := errors.AsType[configfile.Problems](err)
	if !ok || len(wrong) != 2 || text != "" {
		t.Errorf("%q %v", text, err)
	}
	var out struct {
		OK       bool
		Problems []struct {
			File, Key, Message string
			Line               int
		}
	}
	text, err = run(t, "check", "--config", file, "--output", "json")
	if !errors.As(err, &wrong) || json.Unmarshal([]byte(text), &out) != nil || out.OK || len(out.Problems) != 2 || out.Problems[0].Key != "lissen" || out.Problems[0].Line != 1 {
		t.Errorf("%v\n%s", err, text)
	}
	if _, err := run(t, "show", "--config", file); !errors.As(err, &wrong) {
		t.Errorf("show of a wrong file: %v", err)
	}
}

func TestUsage(t *testing.T) {
	_, file := site(t)
	for _, args := range [][]string{
		{"show", "--config", file, "--tenant", "nobody"}, {"show", "--output", "xml", "--config", file}, {"schema", "group"},
	} {
		if _, err := run(t, args...); !errors.As(err, new(cli.UsageError)) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestSchema(t *testing.T) {
	for _, row := range []struct {
		args []string
		ref  string
	}{
		{[]string{"schema"}, "#/$defs/Config"}, {[]string{"schema", "main"}, "#/$defs/Config"}, {[]string{"schema", "tenant"}, "#/$defs/Tenant"},
	} {
		text, err := run(t, row.args...)
		var schema struct {
			Ref  string `json:"$ref"`
			Defs map[string]any
		}
		if err := errors.Join(err, json.Unmarshal([]byte(text), &schema)); err != nil || schema.Ref != row.ref || !strings.HasSuffix(text, "}\n") {
			t.Errorf("%q: %v %q", row.args, err, schema.Ref)
		}
	}
}
