package configfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/config/configfile"
)

// The clients of a tenant are named, are not its account, and need the public URL.
func TestOAuth(t *testing.T) {
	for name, row := range map[string]struct{ public, oauth, want string }{
		"good":            {"publicURL: https://scim.example", "{clients: [acme-idp, other]}", ""},
		"no public URL":   {"", "{clients: [acme-idp]}", "acme.yaml oauth: needs publicURL"},
		"no client":       {"publicURL: https://scim.example", "{clients: []}", "oauth.clients: is required"},
		"an empty client": {"publicURL: https://scim.example", `{clients: [a, ""]}`, "oauth.clients[1]: must be the id of a client"},
		"the account":     {"publicURL: https://scim.example", "{clients: [scim]}", "oauth.clients[0]: is the tenant's account"},
		"another key":     {"publicURL: https://scim.example", "{clients: [a], issuer: b}", "oauth.issuer: unknown key"},
	} {
		dir := t.TempDir()
		for file, text := range map[string]string{
			"config.yaml":         "keycloak: {url: http://keycloak}\nstore: {embedded: {path: s}}\ntenantsDir: tenants\n" + row.public + "\n",
			"tenants/secret":      "s",
			"tenants/acme.yaml":   "tenant: acme\nrealm: a\nserviceAccount: {clientID: scim, secretFile: secret}\noauth: " + row.oauth + "\n",
			"tenants/globex.yaml": "tenant: globex\nrealm: b\nserviceAccount: {clientID: scim, secretFile: secret}\n",
		} {
			path := filepath.Join(dir, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c, err := configfile.Load(filepath.Join(dir, "config.yaml"), generic)
		switch {
		case row.want == "" && (err != nil || len(c.Tenants) != 2 || len(c.Tenants[0].OAuth.Clients) != 2):
			t.Errorf("%s: %v", name, err)
		case row.want != "" && (err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: %v", name, err)
		}
	}
}
