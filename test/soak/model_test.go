package soak

import (
	"fmt"
	"slices"
	"strings"
)

const (
	userURN    = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupURN   = "urn:ietf:params:scim:schemas:core:2.0:Group"
	enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
)

// person is a user as the provider knows it. Keycloak stores the names, the address and active;
// the proxy keeps the rest.
type person struct {
	id, userName, external, given, family string
	title, department, phone              string
	active                                bool
}

// object is the person in the standard form.
func (p person) object() object {
	return object{
		"userName": p.userName, "externalId": p.external, "active": p.active, "title": p.title,
		"name":         object{"givenName": p.given, "familyName": p.family},
		"emails":       []object{{"value": p.userName, "type": "work", "primary": true}},
		"phoneNumbers": []object{{"value": p.phone, "type": "work"}},
		enterprise:     object{"department": p.department},
	}
}

// String shows everything that a directory must show of the person.
func (p person) String() string {
	return fmt.Sprintf("%s %s active=%t name=%q,%q externalId=%q title=%q department=%q emails=%q phoneNumbers=%q",
		p.id, p.userName, p.active, p.given, p.family, p.external, p.title, p.department, p.userName, p.phone)
}

// shownUser reads a user from an answer, in the same form. A user with other attributes, or more
// addresses, is shown differently from each person.
func shownUser(u object) string {
	return fmt.Sprintf("%s %v active=%v name=%q,%q externalId=%q title=%q department=%q emails=%q phoneNumbers=%q",
		text(u["id"]), text(u["userName"]), u["active"], text(at(u, "name", "givenName")), text(at(u, "name", "familyName")),
		text(u["externalId"]), text(u["title"]), text(at(u, enterprise, "department")), values(u["emails"]), values(u["phoneNumbers"]))
}

// club is a group as the provider knows it.
type club struct {
	id, name string
	members  []string // ids
}

func (c club) String() string { return showClub(c.id, c.name, c.members) }

func shownGroup(g object) string {
	var members []string
	list, _ := g["members"].([]any)
	for _, m := range list {
		members = append(members, text(at(m, "value")))
	}
	return showClub(text(g["id"]), text(g["displayName"]), members)
}

func showClub(id, name string, members []string) string {
	return fmt.Sprintf("%s %q members=%v", id, name, slices.Sorted(slices.Values(members)))
}

// at returns the value at a path of keys, or nil.
func at(v any, keys ...string) any {
	for _, k := range keys {
		m, _ := v.(object)
		v = m[k]
	}
	return v
}

func text(v any) string { s, _ := v.(string); return s }

// values joins the values of a list.
func values(v any) string {
	var out []string
	list, _ := v.([]any)
	for _, e := range list {
		out = append(out, text(at(e, "value")))
	}
	return strings.Join(out, " ")
}
