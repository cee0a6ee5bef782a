package profile

import (
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Capabilities returns where the values of attributes are stored, and the filters that Keycloak
// evaluates as the RFC says. It does not include the limits of the API.
func (p *Profile) Capabilities() directory.Capabilities { return p.capabilities }

func capabilities(mapped map[string]attribute, readOnly []scim.AttrPath) directory.Capabilities {
	users := map[string]directory.Placement{
		"username":        directory.CaseFolded,
		"emails":          directory.PrimaryOnly,
		"active":          directory.Native,
		"name.givenname":  directory.Normalised,
		"name.familyname": directory.Normalised,
		"name.formatted":  directory.ServerMade,
		"groups":          directory.ServerMade,
		"meta":            directory.ServerMade,
	}
	filters := map[string]directory.FilterSupport{
		"username":     directory.Full,
		"active":       directory.Full,
		"meta.created": directory.Full,
		"groups.value": directory.EqOnly, // not (groups.value eq …) misses users (measured)
	}
	schemas := scim.CoreSchemas()
	for path, a := range mapped {
		if _, known := users[path]; known {
			continue
		}
		if users[path] = directory.Normalised; a.list() {
			users[path] = directory.PrimaryOnly
		}
		// Natively text compares exactly. Where the schema says otherwise, such as for names,
		// Keycloak's answer is not the RFC's.
		if def, ok := schemas.Lookup(scim.User, a.path); ok && def.CaseExact {
			filters[path] = directory.NoNegation
		}
	}
	for _, path := range readOnly {
		if _, known := users[path.Key()]; !known {
			users[path.Key()] = directory.ServerMade // what Keycloak shows is not in the store
		}
	}
	return directory.Capabilities{
		MaxPage: PageLimit, FilterLimits: filterLimits,
		Placements: map[scim.ResourceType]map[string]directory.Placement{scim.User: users, scim.Group: groupPlacements()},
		Filters:    map[scim.ResourceType]map[string]directory.FilterSupport{scim.User: filters, scim.Group: groupFilters()},
		Required:   required(mapped),
		Order:      map[scim.ResourceType]scim.AttrPath{scim.User: userName}, // groups are listed by bytes: 'B' before 'a' (measured)
	}
}

func groupPlacements() map[string]directory.Placement {
	return map[string]directory.Placement{
		"displayname": directory.Normalised,
		"externalid":  directory.WriteOnce,
		"members":     directory.ServerMade,
		"meta":        directory.ServerMade,
	}
}

func groupFilters() map[string]directory.FilterSupport {
	return map[string]directory.FilterSupport{
		"displayname":   directory.Full,
		"members.value": directory.EqOnly,
		"meta.created":  directory.Full,
	}
}
