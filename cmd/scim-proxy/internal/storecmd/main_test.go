package storecmd

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
)

// configured writes a configuration with an embedded store, and returns the paths of the
// configuration and the store.
func configured(t *testing.T) (file, db string) {
	t.Helper()
	dir := t.TempDir()
	file = filepath.Join(dir, "config.yaml")
	text := "keycloak: {url: \"http://127.0.0.1:1\"}\nstore: {embedded: {path: store.db}}\ntenantsDir: tenants\n"
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "tenants"), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	return file, filepath.Join(dir, "store.db")
}

// run runs a command below `store`, and returns its standard output and its standard error.
func run(t *testing.T, args ...string) (out, errs string, err error) {
	t.Helper()
	c := Env{Known: adapters.Known, Now: time.Now}.Command()
	c.SilenceErrors, c.SilenceUsage = true, true
	var stdout, stderr bytes.Buffer
	c.SetOut(&stdout)
	c.SetErr(&stderr)
	c.SetArgs(args)
	err = c.ExecuteContext(t.Context())
	return stdout.String(), stderr.String(), err
}

// exitCode returns what the program would exit with.
func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(cli.UsageError)):
		return 2
	}
	return 1
}
