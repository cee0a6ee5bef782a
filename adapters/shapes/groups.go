package shapes

import "fmt"

const coreGroup = "urn:ietf:params:scim:schemas:core:2.0:Group"

// Group builds the requests of one identity provider for a group. Members are ids.
type Group struct {
	// Add and Remove change members of the group, shown as the provider knows it. all has the
	// members afterwards.
	Add, Remove func(shown Object, changed, all []string) Request
	// Rename changes displayName. all has the members.
	Rename func(shown Object, name string, all []string) Request
}

// GroupFor returns the shapes of a provider; those of RFC 7644 for one without its own.
func GroupFor(idp string) Group {
	g := Group{Add: addMembers, Remove: removeByFilter, Rename: replaceName}
	switch idp {
	case "entra":
		g.Remove = removeByValue
	case "okta", "jumpcloud":
		g.Rename = pathlessName
	case "pingfederate", "pingone":
		g = Group{Add: putMembers, Remove: putMembers, Rename: putName}
	}
	return g
}

func values(ids []string) []Object {
	out := []Object{}
	for _, id := range ids {
		out = append(out, Object{"value": id})
	}
	return out
}

func addMembers(_ Object, changed, _ []string) Request {
	return patching(operation("add", "members", values(changed)))
}

func removeByFilter(_ Object, changed, _ []string) Request {
	var ops []Object
	for _, id := range changed {
		ops = append(ops, Object{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", id)})
	}
	return patching(ops...)
}

func removeByValue(_ Object, changed, _ []string) Request {
	return patching(operation("Remove", "members", values(changed)))
}

func replaceName(_ Object, name string, _ []string) Request {
	return patching(operation("replace", "displayName", name))
}

func pathlessName(shown Object, name string, _ []string) Request {
	return patching(Object{"op": "replace", "value": Object{"id": shown["id"], "displayName": name}})
}

func putMembers(shown Object, _, all []string) Request {
	return putGroup(shown["displayName"], all)
}

func putName(_ Object, name string, all []string) Request { return putGroup(name, all) }

func putGroup(name any, members []string) Request {
	return Request{"PUT", Object{"schemas": []string{coreGroup}, "displayName": name, "members": values(members)}}
}
