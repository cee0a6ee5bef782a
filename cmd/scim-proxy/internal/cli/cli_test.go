package cli_test

import (
	"testing"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
)

func TestUntil(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 30, 0, 5, time.UTC)
	for text, want := range map[string]string{
		"90d": "2027-02-23T12:30:00Z", "24h": "2026-11-26T12:30:00Z", "1h30m": "2026-11-25T14:00:00Z", "2027-01-01": "2027-01-01T00:00:00Z",
		"2027-01-01T02:00:00+02:00": "2027-01-01T00:00:00Z",
		"":                          "", "0d": "", "-1d": "", "-1h": "", "d": "", "1.5d": "", "2026-11-25": "", "tomorrow": "", "999999999d": "",
	} {
		got, err := cli.Until(text, now)
		if (err == nil) != (want != "") || err == nil && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
}

func TestBaseURL(t *testing.T) {
	for _, row := range []struct {
		publicURL, listen string
		tls               bool
		want              string
	}{
		{"https://scim.example.com/x", ":8080", false, "https://scim.example.com/x/tenants/acme/scim/v2"},
		{"", ":8080", false, "http://localhost:8080/tenants/acme/scim/v2"},
		{"", "0.0.0.0:8443", true, "https://localhost:8443/tenants/acme/scim/v2"},
		{"", "[::]:8080", false, "http://localhost:8080/tenants/acme/scim/v2"},
		{"", "scim.internal:80", false, "http://scim.internal:80/tenants/acme/scim/v2"},
	} {
		c := config.Config{PublicURL: row.publicURL, Listen: row.listen}
		if row.tls {
			c.TLS = &config.Certificate{}
		}
		if got := cli.BaseURL(c, "acme"); got != row.want {
			t.Errorf("%+v: %s", row, got)
		}
	}
}
