package releases_test

import (
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/onboarding/releases"
)

func TestOf(t *testing.T) {
	const any, realm, group = releases.Any, releases.WholeRealm, releases.OneGroup
	for _, row := range []struct {
		release string
		use     releases.Use
		want    string // ids, with ! if severe
	}{
		{"26.8.1", group, ""}, {"26.8.1", realm, ""}, {"27.0.0", realm, ""}, {releases.Recommended, realm, ""},
		{"26.8.0", realm, "CVE-2026-94000"}, {"26.8.0", group, ""},
		{"26.7.3", group, ""}, {"26.7.3", realm, "CVE-2026-94000"}, {"26.7.3", any, ""},
		{"26.7.2", group, "CVE-2026-18571!"}, {"26.7.1", any, "CVE-2026-18963!"},
		{"26.7.0", group, "CVE-2026-18963! CVE-2026-14615! CVE-2026-18571!"},
		{"26.6.6", any, "-!"}, {"26.6.7", group, "-!"}, {"26.5.9", any, "-! CVE-2026-18963!"},
		{"999.0.0-SNAPSHOT", any, "?"}, {"26.4.2.redhat-00001", any, "?"}, {"", any, "?"},
	} {
		all, known := releases.Of(row.release, row.use)
		var got []string
		for _, a := range all {
			text := a.ID
			if text == "" {
				text = "-"
			}
			if a.Severe {
				text += "!"
			}
			if a.Text == "" || !strings.HasPrefix(a.Source, "keycloak/keycloak#") {
				t.Errorf("%+v has no source", a)
			}
			got = append(got, text)
		}
		if !known {
			got = []string{"?"}
		}
		if text := strings.Join(got, " "); text != row.want {
			t.Errorf("%s for %v: %q, want %q", row.release, row.use, text, row.want)
		}
	}
}

// The smallest release for tenants of one group has no severe advisory about them, and the one
// before it has.
func TestForOneGroup(t *testing.T) {
	severe := func(release string) bool {
		all, known := releases.Of(release, releases.OneGroup)
		return !known || slices.ContainsFunc(all, func(a releases.Advisory) bool { return a.Severe })
	}
	if severe(releases.ForOneGroup) || !severe("26.7.2") {
		t.Error(releases.ForOneGroup)
	}
}
