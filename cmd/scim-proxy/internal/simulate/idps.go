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
	patchOp    = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// person is a user in the identity provider.
type person struct {
	n                                 int
	name, external, given, family, id string
	mail, department, title           string
}

// request is a method and a body for a resource.
type request shapes.Request

// idp builds the requests of one identity provider as its documentation shows them; docs/idps.md
// lists the sources.
type idp struct {
	shapes.User

	// match returns the filter that looks the user up.
	match func(p person) string
	// add and remove change members of a group; all lists the members afterwards.
	add, remove func(group object, changed, all []string) request
	rename      func(group object, name string, all []string) request
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
		one := idp{User: shapes.For(name), match: byUserName, add: addMembers, remove: removeByFilter, rename: replaceName, keeps: true, deletes: true}
		switch name {
		case "entra":
			one.remove = removeByValue
		case "okta":
			one.deletes, one.rename = false, pathlessName
		case "onelogin":
			one.keeps = false
		case "jumpcloud":
			one.rename = pathlessName
		case "pingfederate", "pingone":
			one.match, one.add, one.remove, one.rename = byUserNameCapital, putMembers, putMembers, putName
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
func (i idp) update(p person, was object) request {
	changes := []shapes.Change{{Path: "name.familyName", Value: p.family}}
	if i.keeps {
		changes = append(changes, shapes.Change{Path: "title", Value: p.title}, shapes.Change{Path: enterprise + ":department", Value: p.department})
	}
	if i.Agent == shapes.For("entra").Agent {
		changes = append(changes, shapes.Change{Path: `emails[type eq "work"].value`, Value: p.mail})
	}
	return request(i.Update(changes, i.user(p), was))
}

func patch(ops ...object) request {
	return request{"PATCH", object{"schemas": []string{patchOp}, "Operations": ops}}
}

func op(kind, path string, value any) object { return object{"op": kind, "path": path, "value": value} }

func values(ids []string) []object {
	out := []object{}
	for _, id := range ids {
		out = append(out, object{"value": id})
	}
	return out
}

func addMembers(_ object, changed, _ []string) request {
	return patch(op("add", "members", values(changed)))
}

func removeByFilter(_ object, changed, _ []string) request {
	var ops []object
	for _, id := range changed {
		ops = append(ops, object{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", id)})
	}
	return patch(ops...)
}

func removeByValue(_ object, changed, _ []string) request {
	return patch(op("Remove", "members", values(changed)))
}

func replaceName(_ object, name string, _ []string) request {
	return patch(op("replace", "displayName", name))
}

func pathlessName(group object, name string, _ []string) request {
	return patch(object{"op": "replace", "value": object{"id": group["id"], "displayName": name}})
}

func putMembers(group object, _, all []string) request {
	return request{"PUT", object{"schemas": []string{coreGroup}, "displayName": group["displayName"], "members": values(all)}}
}

func putName(_ object, name string, all []string) request {
	return request{"PUT", object{"schemas": []string{coreGroup}, "displayName": name, "members": values(all)}}
}

// same compares texts case-insensitively, as SCIM compares userNames.
func same(a any, b string) bool { s, ok := a.(string); return ok && strings.EqualFold(s, b) }
