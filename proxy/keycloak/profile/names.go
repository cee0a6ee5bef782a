package profile

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Names are the attributes to ask Keycloak for so that the need is met; none asks for the whole
// resource. Names that neither the schemas nor the profile know are left out: what a caller makes
// up is not sent to Keycloak.
//
// userName alone is the narrowest read (5.6 times cheaper in lists than a whole one). Naming all
// that Keycloak may show of a user costs it half of a read without names (measured). Members are
// shown on request only, and asking for them hides the rest.
func (p *Profile) Names(t scim.ResourceType, n directory.Fields) []string {
	var names []string
	for _, o := range n.Only {
		name := strings.TrimPrefix(o, strings.ToLower(scim.UserURN)+":")
		switch {
		case p.knows(t, name):
			names = append(names, name)
		case t == scim.User && p.shown == nil && strings.Contains(name, ":"):
			return nil // the profile is not known: only a whole read shows what it may map
		}
	}
	switch {
	case n.Members:
		return append(names, "displayName", "externalId", "members")
	case len(n.Only) > 0:
		return append(names, scim.Identifying(t).Name)
	case t == scim.User:
		return p.shown
	}
	return nil
}

// knows reports whether the schemas or the profile have an attribute or extension of that name, in
// lower case.
func (p *Profile) knows(t scim.ResourceType, name string) bool {
	schemas := scim.CoreSchemas()
	path, err := scim.ParseAttrPath(name)
	if _, ok := schemas.Lookup(t, path); ok && err == nil {
		return true
	}
	for _, e := range schemas.Extensions(t) {
		if strings.EqualFold(e.ID, name) {
			return true
		}
	}
	_, mapped := p.mapped[name]
	return t == scim.User && (mapped || slices.ContainsFunc(p.shown, func(text string) bool {
		shown, err := scim.ParseAttrPath(text)
		return err == nil && (shown.Top().Key() == name || shown.URN != "" && strings.EqualFold(shown.URN, name))
	}))
}

// Path is the SCIM attribute that an attribute of the profile is mapped to, or that attribute's name.
func (p *Profile) Path(attribute string) string {
	for _, a := range p.mapped {
		if a.Name == attribute {
			return a.path.String()
		}
	}
	return attribute
}
