package keycloak

import (
	"context"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/proxy/scim"
)

// pageLimit is the largest page of Keycloak's lists: more is cut without a word (measured on 26.7.3).
const pageLimit = 100

// Facts is what is known about one realm. It is immutable; Able is all that other packages see of it.
type Facts struct {
	profile profile
	able    scim.Able
}

// LoadFacts reads the realm's user profile with the given credential (measured: readable with query-users alone). Where the credential
// may not read it, Keycloak's stock profile is assumed: less is pushed down and offered then, but nothing is lost.
func LoadFacts(ctx context.Context, c *Client, realm string, cred Credential) (*Facts, error) {
	a, err := c.do(ctx, cred, request{method: http.MethodGet, path: "/admin/realms/" + url.PathEscape(realm) + "/users/profile"})
	if err != nil {
		return nil, err
	}
	switch a.status {
	case http.StatusOK:
		p, err := parseProfile(a.body)
		if err != nil {
			return nil, scim.Upstream(err)
		}
		return newFacts(p), nil
	case http.StatusForbidden:
		return newFacts(stockProfile()), nil
	}
	return nil, (&Realm{cred: cred}).refused(scim.Ref{}, a)
}

func newFacts(p profile) *Facts {
	users := map[string]scim.Holding{
		"username":        scim.Folded,
		"emails":          scim.Partly,
		"active":          scim.Native,
		"name.givenname":  scim.Native,
		"name.familyname": scim.Native,
		"name.formatted":  scim.Derived,
		"groups":          scim.Derived,
		"groups.value":    scim.Native,
		"meta":            scim.Derived,
		"meta.created":    scim.Native,
	}
	for path := range p.mapped {
		if _, known := users[path]; !known {
			users[path] = scim.Native
		}
	}
	groups := map[string]scim.Holding{
		"displayname":   scim.Native,
		"externalid":    scim.Native,
		"members":       scim.Derived,
		"members.value": scim.Native,
		"meta":          scim.Derived,
		"meta.created":  scim.Native,
	}
	return &Facts{p, scim.Able{
		Holds:   map[scim.ResourceType]map[string]scim.Holding{scim.User: users, scim.Group: groups},
		MaxPage: pageLimit,
	}}
}

// Able translates the facts into the vocabulary.
func (f *Facts) Able() scim.Able { return f.able }
