package directorytest

import (
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// KeycloakCapabilities returns the capabilities of Keycloak 26.7.3 with a stock realm.
func KeycloakCapabilities() directory.Capabilities {
	return directory.Capabilities{MaxPage: 100, FilterLimits: directory.FilterLimits{Length: 1517, Nesting: 9}, Order: map[scim.ResourceType]scim.AttrPath{scim.User: {Name: "userName"}}, Filters: map[scim.ResourceType]map[string]directory.FilterSupport{
		scim.User:  {"username": directory.Full, "active": directory.Full, "meta.created": directory.Full, "groups.value": directory.EqOnly},
		scim.Group: {"displayname": directory.Full, "meta.created": directory.Full, "members.value": directory.EqOnly},
	}, Placements: map[scim.ResourceType]map[string]directory.Placement{
		scim.User: {
			"username": directory.CaseFolded, "emails": directory.PrimaryOnly, "active": directory.Native,
			"name.givenname": directory.Normalised, "name.familyname": directory.Normalised, "name.formatted": directory.ServerMade,
			"groups": directory.ServerMade, "meta": directory.ServerMade,
		},
		scim.Group: {
			"displayname": directory.Normalised, "externalid": directory.WriteOnce, "members": directory.ServerMade, "meta": directory.ServerMade,
		},
	}}
}

// Hold changes the placement of an attribute, like a change of the user profile.
func (m *Memory) Hold(t scim.ResourceType, path string, h directory.Placement) {
	m.mu.Lock()
	defer m.mu.Unlock()
	holds := map[string]directory.Placement{path: h}
	for p, was := range m.capabilities.Placements[t] {
		if p != path {
			holds[p] = was
		}
	}
	all := map[scim.ResourceType]map[string]directory.Placement{t: holds}
	for other, hs := range m.capabilities.Placements {
		if other != t {
			all[other] = hs
		}
	}
	m.capabilities.Placements = all
}

// Freeze makes the directory ignore writes to a top-level attribute, like a Keycloak that answers
// 200 and does not change it.
func (m *Memory) Freeze(attribute string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.freeze[strings.ToLower(attribute)] = true
}

// hold returns the resource as the directory shows it after a write of r.
func (m *Memory) hold(t scim.ResourceType, r, before scim.Resource) scim.Resource {
	out := document.Must("{}")
	for l := range r.Leaves() {
		raw := l.Raw
		switch m.capabilities.Placement(t, l.Path) {
		case directory.StoreOnly, directory.ServerMade:
			continue
		case directory.CaseFolded:
			raw = document.Quote(document.Lower(document.Trim(document.Text(raw))))
		case directory.Normalised:
			if raw = document.Quote(document.Trim(document.Text(raw))); raw == `""` {
				continue
			}
		case directory.PrimaryOnly:
			raw = firstElement(raw)
		case directory.WriteOnce:
			if had := before.Get(l.Path); had != "" {
				raw = had
			}
		case directory.Native:
		}
		out = out.Set(l.Path, raw)
	}
	for l := range before.Leaves() { // a write-once value stays
		if m.capabilities.Placement(t, l.Path) == directory.WriteOnce {
			out = out.Set(l.Path, l.Raw)
		}
	}
	for name := range m.freeze {
		out = out.With(name, before.Raw(name))
	}
	if t == scim.User && out.Raw("active") == "" {
		out = out.With("active", "true")
	}
	return out
}

// firstElement returns the primary element, else the first, as Keycloak shows it.
func firstElement(list string) string {
	es := document.Elements(list)
	pick := es[0]
	for _, e := range es {
		if r, err := scim.ParseResource([]byte(e)); err == nil && r.Raw("primary") == "true" {
			pick = e
		}
	}
	r, err := scim.ParseResource([]byte(pick))
	if err != nil {
		return list
	}
	one := document.Must(`{"type":"work","primary":true}`).With("value", document.Quote(document.Lower(document.Text(r.Raw("value")))))
	return document.Array([]string{one.String()})
}
