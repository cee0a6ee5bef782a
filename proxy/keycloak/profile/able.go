package profile

import (
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
)

// Capabilities says where the attributes live and which filters on them Keycloak decides rightly. The
// limits of the API are not part of it.
func (p *Profile) Capabilities() directory.Capabilities { return p.able }

func able(mapped map[string]attribute) directory.Capabilities {
	users := map[string]directory.Placement{
		"username":        directory.CaseFolded,
		"emails":          directory.PrimaryOnly,
		"active":          directory.Native,
		"name.givenname":  directory.Native,
		"name.familyname": directory.Native,
		"name.formatted":  directory.ServerMade,
		"groups":          directory.ServerMade,
		"meta":            directory.ServerMade,
	}
	filters := map[string]directory.FilterSupport{
		"username":     directory.Full,
		"active":       directory.Full,
		"meta.created": directory.Full,
		"groups.value": directory.EqOnly, // not (groups.value eq …) loses users (measured)
	}
	schemas := scim.CoreSchemas()
	for path, a := range mapped {
		if _, known := users[path]; known {
			continue
		}
		users[path] = directory.Native
		// Natively text compares exactly. Where the schema says otherwise, such as for names,
		// Keycloak's answer is not the RFC's.
		if def, ok := schemas.Lookup(scim.User, a.path); ok && def.CaseExact {
			filters[path] = directory.NoNegation
		}
	}
	return directory.Capabilities{
		Placements: map[scim.ResourceType]map[string]directory.Placement{scim.User: users, scim.Group: groupHoldings()},
		Filters:    map[scim.ResourceType]map[string]directory.FilterSupport{scim.User: filters, scim.Group: groupFilters()},
		Required:   required(mapped),
		Order:      map[scim.ResourceType]scim.AttrPath{scim.User: userName}, // groups are listed by bytes: 'B' before 'a' (measured)
	}
}

func groupHoldings() map[string]directory.Placement {
	return map[string]directory.Placement{
		"displayname": directory.Native,
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
