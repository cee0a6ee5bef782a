package site

import (
	"net/http"
	"net/url"
	"strings"
)

// Site is a proxy as its callers see it.
type Site struct {
	// PublicURL is the scheme, host and optional path under which callers reach it, without a slash
	// at its end. Empty: what each request says.
	PublicURL string
}

// wellKnown begins the path of the metadata of a protected resource (RFC 9728 section 3).
const wellKnown = "/.well-known/oauth-protected-resource"

// Tenant returns the SCIM base URL of a tenant.
func (s Site) Tenant(name string) string { return s.PublicURL + "/tenants/" + name + "/scim/v2" }

// Metadata returns the URL of the OAuth metadata of a tenant: the path of the tenant's own URL
// follows the well-known one (RFC 9728 section 3.1).
func (s Site) Metadata(name string) string {
	path := s.path()
	return strings.TrimSuffix(s.PublicURL, path) + wellKnown + path + Site{}.Tenant(name)
}

// MetadataPath is the path of Metadata, with the name in braces as a variable.
func (s Site) MetadataPath(variable string) string {
	return wellKnown + s.path() + Site{}.Tenant("{"+variable+"}")
}

func (s Site) path() string {
	u, err := url.Parse(s.PublicURL)
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}

// Tenants returns the SCIM base of a request for a tenant. variables are those of its route.
func (s Site) Tenants(r *http.Request, variables map[string]string) string {
	if name, inPath := variables["tenant"]; inPath {
		return s.of(r).Tenant(name)
	}
	return s.of(r).PublicURL + "/scim/v2"
}

// Realms returns the SCIM base of a drop-in request. variables are those of its route.
func (s Site) Realms(r *http.Request, variables map[string]string) string {
	return s.of(r).PublicURL + "/realms/" + url.PathEscape(variables["realm"]) + "/scim/v2"
}

// of returns the site as the caller of a request sees it.
func (s Site) of(r *http.Request) Site {
	if s.PublicURL != "" {
		return s
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return Site{scheme + "://" + r.Host}
}
