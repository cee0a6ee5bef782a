package adapters_test

import (
	"net/http"
	"testing"

	"keycloak-scim-proxy/adapters"
)

func TestMarked(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"ADSCIMVersion", "Date:…", "entra"},
		{"Adscimversion", "Date:…", "entra"},
		{"User-Agent", "Okta SCIM Client 1.0.0", "okta"},
		{"User-Agent", "Apache-HttpClient/4.5", ""},
		{"User-Agent", "my okta", ""},
	} {
		h := http.Header{}
		h.Set(c.name, c.value)
		if got := adapters.DetectProvider(h.Get); got != c.want {
			t.Errorf("%s: %s is %q, want %q", c.name, c.value, got, c.want)
		}
	}
}
