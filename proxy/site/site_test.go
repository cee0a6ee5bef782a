package site_test

import (
	"testing"

	"keycloak-scim-proxy/proxy/site"
)

func TestMetadata(t *testing.T) {
	for public, want := range map[string][2]string{
		"https://scim.example.com":          {"https://scim.example.com/.well-known/oauth-protected-resource/tenants/acme/scim/v2", "/.well-known/oauth-protected-resource/tenants/{t}/scim/v2"},
		"https://example.com:8443/idm":      {"https://example.com:8443/.well-known/oauth-protected-resource/idm/tenants/acme/scim/v2", "/.well-known/oauth-protected-resource/idm/tenants/{t}/scim/v2"},
		"https://idm.example.com/idm%20/v2": {"https://idm.example.com/.well-known/oauth-protected-resource/idm%20/v2/tenants/acme/scim/v2", "/.well-known/oauth-protected-resource/idm%20/v2/tenants/{t}/scim/v2"},
	} {
		s := site.Site{PublicURL: public}
		if got := s.Metadata("acme"); got != want[0] {
			t.Errorf("%s: %s", public, got)
		}
		if got := s.MetadataPath("t"); got != want[1] {
			t.Errorf("%s: %s", public, got)
		}
		if got := s.Tenant("acme"); got != public+"/tenants/acme/scim/v2" {
			t.Errorf("%s: %s", public, got)
		}
	}
}
