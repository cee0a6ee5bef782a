package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"keycloak-scim-proxy/adapters/shapes"
)

const (
	coreGroup  = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// person is a user in the identity provider.
type person struct {
	n                                 int
	name, external, given, family, id string
	mail, department, title           string
}

// idp builds the requests of one identity provider as its documentation shows them; docs/idps.md
// lists the sources.
type idp struct {
	shapes.User
	shapes.Group

	// match returns the filter that looks the user up.
	match func(p person) string
	// keeps reports whether the provider sends externalId, title and department and expects them
	// back.
	keeps bool
	// deletes reports whether the provider deletes users.
	deletes bool
}

// Names returns the identity providers that Run knows, sorted.
func Names() []string { return slices.Sorted(maps.Keys(idps())) }

func idps() map[string]idp {
	all := map[string]idp{}
	for _, name := range []string{"google", "bamboohr", "generic", "entra", "okta", "onelogin", "jumpcloud", "pingfederate", "pingone", "rippling"} {
		// BambooHR users are pushed by a middleware, in plain SCIM
		one := idp{User: shapes.For(name), Group: shapes.GroupFor(name), match: byUserName, keeps: true, deletes: true}
		switch name {
		case "okta":
			one.deletes = false
		case "onelogin":
			one.keeps = false
		case "pingfederate", "pingone":
			one.match = byUserNameCapital
		}
		all[name] = one
	}
	return all
}

func byUserName(p person) string        { return fmt.Sprintf("userName eq %q", p.name) }
func byUserNameCapital(p person) string { return fmt.Sprintf("userName Eq %q", p.name) }

// user is a person in the standard form.
func (i idp) user(p person) object {
	u := object{
		"userName": p.name, "active": true, "name": object{"givenName": p.given, "familyName": p.family},
		"emails": []object{{"value": p.mail, "type": "work", "primary": true}},
	}
	if i.keeps {
		u["externalId"], u["title"], u[enterprise] = p.external, p.title, object{"department": p.department}
	}
	return u
}

// update changes family name, title and department; was is the user as GET showed it before.
func (i idp) update(p person, was object) shapes.Request {
	changes := []shapes.Change{{Path: "name.familyName", Value: p.family}}
	if i.keeps {
		changes = append(changes, shapes.Change{Path: "title", Value: p.title}, shapes.Change{Path: enterprise + ":department", Value: p.department})
	}
	if i.Agent == shapes.For("entra").Agent {
		changes = append(changes, shapes.Change{Path: `emails[type eq "work"].value`, Value: p.mail})
	}
	return i.Update(changes, i.user(p), was)
}

// same compares texts case-insensitively, as SCIM compares userNames.
func same(a any, b string) bool { s, ok := a.(string); return ok && strings.EqualFold(s, b) }
