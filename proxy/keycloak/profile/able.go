package profile

import "keycloak-scim-proxy/proxy/scim"

// Able says where the attributes live and which filters on them Keycloak decides rightly. The
// limits of the API are not part of it.
func (p *Profile) Able() scim.Able { return p.able }

func able(mapped map[string]attribute) scim.Able {
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
	for path, a := range mapped {
		if _, known := users[path]; known {
			continue
		}
		users[path] = scim.Native
		// Natively text compares exactly. Where the schema says otherwise, such as for names,
		// Keycloak's answer is not the RFC's.
		if def, ok := schemas.Lookup(scim.User, a.path); ok && def.CaseExact {
			filters[path] = scim.Positively
		}
	}
	return scim.Able{
		Holds:   map[scim.ResourceType]map[string]scim.Holding{scim.User: users, scim.Group: groupHoldings()},
		Filters: map[scim.ResourceType]map[string]scim.Filtering{scim.User: filters, scim.Group: groupFilters()},
		Order:   map[scim.ResourceType]scim.AttrPath{scim.User: userName}, // groups are listed by bytes: 'B' before 'a' (measured)
	}
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
