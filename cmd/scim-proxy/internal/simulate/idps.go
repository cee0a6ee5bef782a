package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	core       = "urn:ietf:params:scim:schemas:core:2.0:User"
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
type request struct {
	method string
	body   object
}

// idp builds the requests of one identity provider as its documentation shows them; docs/idps.md
// lists the sources.
type idp struct {
	agent string
	// match returns the filter that looks the user up.
	match  func(p person) string
	create func(p person) object
	// update changes family name, title and department; was is the user as GET showed it before.
	update func(p person, was object) request
	active func(p person, on bool, was object) request
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
	patching := idp{
		match: byUserName, create: rfcUser, update: patchUpdate, active: patchActive, add: addMembers, remove: removeByFilter, rename: replaceName, keeps: true, deletes: true,
	}
	putting := patching
	putting.update, putting.active = putUpdate, putActive

	entra := patching
	entra.agent, entra.create, entra.update, entra.active, entra.remove = "Entra-simulation", entraUser, entraUpdate, entraActive, removeByValue
	okta := putting
	okta.agent, okta.create, okta.active, okta.deletes = "Okta SCIM Client 1.0.0", oktaUser, pathlessActive, false
	okta.rename = pathlessName
	onelogin := putting
	onelogin.create, onelogin.update, onelogin.active, onelogin.keeps = oneLoginUser, oneLoginUpdate, oneLoginActive, false
	jumpcloud := putting
	jumpcloud.rename = pathlessName
	ping := putting
	ping.match, ping.add, ping.remove, ping.rename = byUserNameCapital, putMembers, putMembers, putName
	rippling := putting
	rippling.create, rippling.active = ripplingUser, patchActive
	google := patching
	google.create = googleUser
	return map[string]idp{
		"google": google, "bamboohr": patching, // BambooHR users are pushed by a middleware, in plain SCIM
		"generic": patching, "entra": entra, "okta": okta, "onelogin": onelogin, "jumpcloud": jumpcloud, "pingfederate": ping, "pingone": ping, "rippling": rippling,
	}
}

func byUserName(p person) string        { return fmt.Sprintf("userName eq %q", p.name) }
func byUserNameCapital(p person) string { return fmt.Sprintf("userName Eq %q", p.name) }

func rfcUser(p person) object {
	return object{
		"schemas": []string{core, enterprise}, "userName": p.name, "externalId": p.external, "active": true, "title": p.title,
		"name":     object{"givenName": p.given, "familyName": p.family},
		"emails":   []object{{"value": p.mail, "type": "work", "primary": true}},
		enterprise: object{"department": p.department},
	}
}

func entraUser(p person) object {
	u := rfcUser(p)
	u["roles"], u["meta"] = []object{}, object{"resourceType": "User"}
	u["name"] = object{"formatted": p.given + " " + p.family, "givenName": p.given, "familyName": p.family}
	return u
}

func oktaUser(p person) object {
	u := rfcUser(p)
	u["groups"], u["password"], u["displayName"], u["locale"] = []object{}, "1mz050nq", p.given+" "+p.family, "en-US"
	return u
}

func oneLoginUser(p person) object {
	return object{
		"schemas": []string{"urn:scim:schemas:core:1.0", "urn:scim:schemas:extension:enterprise:1.0"}, "userName": p.name, "active": true,
		"name":   object{"givenName": p.given, "familyName": p.family},
		"emails": object{"value": p.mail, "type": "work", "primary": true},
	}
}

// googleUser has no emails: the userName is the address.
func googleUser(p person) object {
	u := rfcUser(p)
	delete(u, "emails")
	return u
}

func ripplingUser(p person) object {
	u := rfcUser(p)
	delete(u, "active")
	return u
}

func patch(ops ...object) request {
	return request{"PATCH", object{"schemas": []string{patchOp}, "Operations": ops}}
}

func op(kind, path string, value any) object { return object{"op": kind, "path": path, "value": value} }

func patchUpdate(p person, _ object) request {
	return patch(op("replace", "name.familyName", p.family), op("replace", "title", p.title), op("replace", enterprise+":department", p.department))
}

func entraUpdate(p person, _ object) request {
	return patch(op("Replace", "name.familyName", p.family), op("Add", "title", p.title), op("Replace", enterprise+":department", p.department),
		op("Replace", `emails[type eq "work"].value`, p.mail))
}

func patchActive(_ person, on bool, _ object) request { return patch(op("replace", "active", on)) }

func entraActive(_ person, on bool, _ object) request {
	return patch(op("Replace", "active", map[bool]string{true: "True", false: "False"}[on]))
}

func pathlessActive(_ person, on bool, _ object) request {
	return patch(object{"op": "replace", "value": object{"active": on}})
}

// putUpdate changes the answer of GET and sends it back, as Okta does.
func putUpdate(p person, was object) request {
	u := maps.Clone(was)
	u["name"] = object{"givenName": p.given, "familyName": p.family}
	u["title"], u[enterprise], u["groups"] = p.title, object{"department": p.department}, []object{}
	return request{"PUT", u}
}

func putActive(_ person, on bool, was object) request {
	u := maps.Clone(was)
	u["active"] = on
	return request{"PUT", u}
}

func oneLoginUpdate(p person, _ object) request { return request{"PUT", oneLoginUser(p)} }

func oneLoginActive(p person, on bool, _ object) request {
	u := oneLoginUser(p)
	u["active"] = on
	return request{"PUT", u}
}

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
