package shim

import "net/http"

// checkGroup looks at a write of a group.
func (x *exchange) checkGroup() error {
	if err := x.checkUnknown([]string{"schemas", "id", "meta", "displayname", "externalid", "members"}); err != nil {
		return err
	}
	if x.id == "" {
		return nil
	}
	if x.rules[GroupExternalID] {
		if err := x.checkExternalID(); err != nil {
			return err
		}
	}
	if x.rules[ReplaceMembers] {
		return x.replaceMembers()
	}
	return nil
}

// checkExternalID refuses another externalId than the group has, and its removal.
func (x *exchange) checkExternalID() error {
	for _, s := range x.settings() {
		if s.path != "externalid" {
			continue
		}
		if err := x.permitted(); err != nil {
			return err
		}
		g, err := x.group("")
		if err != nil {
			return err
		}
		if has := text(g["externalId"]); has != "" && has != text(s.value) {
			return refusal(400, "mutability", "externalId is immutable")
		}
	}
	return nil
}

// replaceMembers adds to a replacement of members the removal of those who are not among the new
// ones.
func (x *exchange) replaceMembers() error {
	list, _ := x.body["Operations"].([]any)
	var first []any
	for _, o := range x.operations() {
		if o.kind() != "replace" || o.path() != "members" {
			continue
		}
		g, err := x.group("?attributes=members")
		if err != nil {
			return err
		}
		for _, id := range texts(g["members"]) {
			first = append(first, map[string]any{"op": "remove", "path": `members[value eq "` + id + `"]`})
		}
	}
	if len(first) > 0 {
		x.body["Operations"], x.changed = append(first, list...), true
	}
	return nil
}

// group reads the group as the caller.
func (x *exchange) group(query string) (map[string]any, error) {
	r, err := x.asCaller(http.MethodGet, "/Groups/"+x.id+query, "")
	if err != nil {
		return nil, err
	}
	if !r.ok() {
		return nil, r
	}
	return object(r.body)
}
