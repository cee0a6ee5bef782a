package keycloak

import (
	"context"
	"errors"
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

// ErrUnreadable says that the credential may not read the realm's user profile.
var ErrUnreadable = errors.New("keycloak: the user profile may not be read")

// LoadFacts reads the realm's user profile with the given credential (measured: readable with query-users alone).
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
		return nil, ErrUnreadable
	}
	return nil, (&Realm{cred: cred}).refused(scim.Ref{}, a)
}

// StockFacts are those of a new realm, for a credential that may not read the profile: less is offered and pushed down then, but nothing
// is lost.
func StockFacts() *Facts { return newFacts(stockProfile()) }

func newFacts(p profile) *Facts {
	users := map[string]scim.Holding{
		"username":        scim.Folded,
		"emails":          scim.Partly,
		"active":          scim.Native,
		"name.givenname":  scim.Native,
		"name.familyname": scim.Native,
		"name.formatted":  scim.Derived,
		"groups":          scim.Derived,
		"meta":            scim.Derived,
	}
	filters := map[string]scim.Filtering{
		"username":     scim.Fully,
		"active":       scim.Fully,
		"meta.created": scim.Fully,
		"groups.value": scim.ByEqual, // not (groups.value eq …) loses users (measured)
	}
	schemas := scim.CoreSchemas()
	for path, a := range p.mapped {
		if _, known := users[path]; known {
			continue
		}
		users[path] = scim.Native
		// Natively text compares exactly. Where the schema says otherwise, such as for names, Keycloak's answer is not the RFC's.
		if def, ok := schemas.Lookup(scim.User, a.path); ok && def.CaseExact {
			filters[path] = scim.Positively
		}
	}
	return &Facts{p, scim.Able{
		Holds:   map[scim.ResourceType]map[string]scim.Holding{scim.User: users, scim.Group: groupHoldings()},
		Filters: map[scim.ResourceType]map[string]scim.Filtering{scim.User: filters, scim.Group: groupFilters()},
		Order:   map[scim.ResourceType]scim.AttrPath{scim.User: userName}, // groups are listed by bytes: 'B' before 'a' (measured)
		MaxPage: pageLimit,
	}}
}

func groupHoldings() map[string]scim.Holding {
	return map[string]scim.Holding{
		"displayname": scim.Native,
		"externalid":  scim.Once,
		"members":     scim.Derived,
		"meta":        scim.Derived,
	}
}

func groupFilters() map[string]scim.Filtering {
	return map[string]scim.Filtering{
		"displayname":   scim.Fully,
		"members.value": scim.ByEqual,
		"meta.created":  scim.Fully,
	}
}

// Able translates the facts into the vocabulary.
func (f *Facts) Able() scim.Able { return f.able }
