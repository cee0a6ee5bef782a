package scim

import (
	"slices"
	"strings"
)

// bulkPrefix begins the name of a resource that the same bulk request makes (RFC 7644 section 3.7.2).
const bulkPrefix = "bulkId:"

// BulkID reads a reference: the whole text is "bulkId:" and a bulkId. A text that merely contains that is none.
func BulkID(text string) (id string, ok bool) {
	id, ok = strings.CutPrefix(text, bulkPrefix)
	return id, ok && id != ""
}

// References lists the bulkIds that a call refers to, each once, in the order they are met: as the id of its resource, and in the
// values and PATCH filters of attributes that hold references. Those are the complex attributes whose definition has a $ref and is not
// readOnly (members, manager), and everything in an extension that nobody declared. In a reference attribute, the value itself,
// "value" and "$ref" can refer; a title or a display name that reads "bulkId:1" is that text.
func References(c Call) []string {
	var out []string
	note := func(_ AttrPath, id string, _ bool) (string, error) {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
		return "", nil
	}
	if id, ok := BulkID(refOf(c).ID); ok {
		out = append(out, id)
	}
	w := referrals{t: refOf(c).Type, visit: note}
	_ = w.call(c) // note never fails
	return out
}

// Bind puts ids in the place of references; in a $ref it is a relative URI. It fails where lookup does not know a bulkId, where a path names
// a resource of another type, and where a group would become a member of a group, which Keycloak cannot hold.
func Bind(c Call, lookup func(bulkID string) (Ref, bool)) (Call, error) {
	own := refOf(c)
	find := func(id string) (Ref, error) {
		ref, ok := lookup(id)
		if !ok {
			return ref, InvalidValue("%s%s is not the bulkId of a POST in this request", bulkPrefix, id)
		}
		return ref, nil
	}
	if id, ok := BulkID(own.ID); ok {
		ref, err := find(id)
		if err != nil {
			return c, err
		}
		if ref.Type != own.Type {
			return c, InvalidValue("%s%s is a %s, the path says %s", bulkPrefix, id, ref.Type, own.Type.Endpoint())
		}
		own = ref
	}
	w := referrals{t: own.Type, visit: func(at AttrPath, id string, uri bool) (string, error) {
		ref, err := find(id)
		switch {
		case err != nil:
			return "", err
		case own.Type == Group && ref.Type == Group && at.Top().Is(AttrPath{Name: "members"}):
			return "", InvalidValue("a group cannot be a member of a group in Keycloak: %s%s is a group", bulkPrefix, id)
		case uri:
			return Quote("../" + ref.Type.Endpoint() + "/" + ref.ID), nil
		}
		return Quote(ref.ID), nil
	}}
	c = at(c, own)
	err := w.call(&c)
	return c, err
}
