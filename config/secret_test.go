package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/config"
)

// Secrets are read when they are used, so that they can change.
func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir, "secret", "\n one \n")
	const env = "SCIM_PROXY_TEST_SECRET"
	t.Setenv(env, " two\n")
	for _, c := range []struct {
		file, env, secret, password string
	}{
		{file, "", "one", "one"},
		{"", env, "two", "two"},
		{"", "", "", ""},
		{"", "SCIM_PROXY_TEST_UNSET", "", ""},
		{write(t, dir, "empty", " \n"), "", "", ""},
		{filepath.Join(dir, "none"), "", "", ""},
	} {
		s, err := config.ServiceAccount{SecretFile: c.file, SecretEnv: c.env}.Secret()
		if s != c.secret || (err == nil) != (c.secret != "") {
			t.Errorf("%+v: %q %v", c, s, err)
		}
		p, err := config.Redis{PasswordFile: c.file, PasswordEnv: c.env}.Password()
		if none := c.file+c.env == ""; p != c.password || (err == nil) != (c.password != "" || none) {
			t.Errorf("%+v: %q %v", c, p, err)
		}
	}
	account := config.ServiceAccount{SecretFile: file}
	write(t, dir, "secret", "three")
	if s, err := account.Secret(); s != "three" || err != nil {
		t.Error(s, err)
	}
	if shown := fmt.Sprintf("%+v %#v", account, account); strings.Contains(shown, "three") {
		t.Error(shown)
	}
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
