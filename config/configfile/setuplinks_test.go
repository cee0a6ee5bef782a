package configfile_test

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

// Links are secrets, so that they need a URL that cannot be read on the way.
func TestSetupLinks(t *testing.T) {
	for url, good := range map[string]bool{
		"https://scim.example.com": true, "https://scim.example.com/idp": true, "http://localhost:8080": true, "http://127.0.0.1:8080": true, "http://[::1]:8080": true,
		"": false, "http://scim.example.com": false, "http://localhost.example.com": false, "http://10.0.0.1": false,
	} {
		c := config.DropInOnly("http://keycloak:8080", t.TempDir()+"/store.db")
		c.PublicURL, c.SetupLinks.Enabled = url, true
		err := configfile.Validate(&c)
		if refused := err != nil && strings.Contains(err.Error(), "setupLinks.enabled: needs publicURL with https"); refused == good {
			t.Errorf("%q: %v", url, err)
		}
		if c.SetupLinks.Enabled = false; configfile.Validate(&c) != nil && good {
			t.Errorf("%q while it is off: %v", url, configfile.Validate(&c))
		}
	}
}
