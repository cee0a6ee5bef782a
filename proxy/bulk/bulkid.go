package bulk

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// bulkPrefix begins a reference to a resource that the same bulk request creates (RFC 7644 section
// 3.7.2).
const bulkPrefix = "bulkId:"

// Reference reads a reference: "bulkId:" and a bulkId, and nothing else in the text.
func Reference(text string) (id string, ok bool) {
	id, ok = strings.CutPrefix(text, bulkPrefix)
	return id, ok && id != ""
}

// References lists the bulkIds that a call refers to, each once, in the order in which they appear:
// as the id of its resource, and in the values and PATCH filters of attributes that hold
// references. Those are the complex attributes whose definition has a $ref and is not readOnly
// (members, manager), and all attributes of an undeclared extension. In them, the value itself, a
// "value" or a "$ref" can be a reference. In other attributes, such as title, "bulkId:1" is plain
// text.
func References(c protocol.Call) []string {
	var out []string
	noted := map[string]bool{}
	note := func(_ scim.AttrPath, id string, _ bool) (string, error) {
		if !noted[id] {
			noted[id], out = true, append(out, id)
		}
		return "", nil
	}
	if id, ok := Reference(protocol.Target(c).ID); ok {
		_, _ = note(scim.AttrPath{}, id, false)
	}
	_, _ = referrals{protocol.Target(c).Type, note}.call(c) // note never fails
	return out
}

// Bind replaces references by ids; in a $ref, by a relative URI. It fails with 400 if lookup does
// not know a bulkId, if the path names another type than the resource has, and if a group would
// become a member of a group, which Keycloak does not support.
func Bind(c protocol.Call, lookup func(bulkID string) (scim.Ref, bool)) (protocol.Call, error) {
	find := func(id string) (scim.Ref, error) {
		ref, ok := lookup(id)
		if !ok {
			return ref, scim.InvalidValue("%s%s is not the bulkId of a POST in this request", bulkPrefix, id)
		}
		return ref, nil
	}
	own := protocol.Target(c)
	if id, ok := Reference(own.ID); ok {
		ref, err := find(id)
		if err != nil {
			return c, err
		}
		if ref.Type != own.Type {
			return c, scim.InvalidValue("%s%s is a %s, but the path says %s", bulkPrefix, id, ref.Type, own.Type.Endpoint())
		}
		c = aim(c, ref)
	}
	return referrals{own.Type, func(at scim.AttrPath, id string, uri bool) (string, error) {
		ref, err := find(id)
		switch {
		case err != nil:
			return "", err
		case own.Type == scim.Group && ref.Type == scim.Group && at.Top().Is(scim.AttrPath{Name: "members"}):
			return "", scim.InvalidValue("a group cannot be a member of a group in Keycloak, and %s%s is a group", bulkPrefix, id)
		case uri:
			return document.Quote("../" + ref.Type.Endpoint() + "/" + ref.ID), nil
		}
		return document.Quote(ref.ID), nil
	}}.call(c)
}

// aim sets the resource of a call.
func aim(c protocol.Call, ref scim.Ref) protocol.Call {
	switch c := c.(type) {
	case protocol.Replace:
		c.Ref = ref
		return c
	case protocol.Patch:
		c.Ref = ref
		return c
	case protocol.Delete:
		c.Ref = ref
		return c
	default:
		return c
	}
}

// Defer removes the references to the given bulkIds from a Create, and returns the Patch that adds
// them afterwards; the id in its Ref is not set yet. That is how a circle of references is resolved
// (RFC 7644 section 3.7.1). Of a multi-valued attribute, it removes only the values with
// references. It returns a Create without such references as it is, with a Patch without
// operations.
func Defer(c protocol.Create, ids []string) (protocol.Create, protocol.Patch) {
	d := deferral{body: c.Body.Object(), later: protocol.Patch{Ref: scim.Ref{Type: c.Type}}, ids: map[string]bool{}}
	for _, id := range ids {
		d.ids[id] = true
	}
	for m := range document.Members(c.Body.String()) {
		if !strings.Contains(m.Name, ":") {
			d.move(scim.AttrPath{Name: m.Name}, m.Raw)
			continue
		}
		for in := range document.Members(m.Raw) {
			d.move(scim.AttrPath{URN: m.Name, Name: in.Name}, in.Raw)
		}
	}
	c.Body = d.body.Resource()
	return c, d.later
}

// deferral is a Create while Defer splits it.
type deferral struct {
	body  *scim.Object
	later protocol.Patch
	ids   map[string]bool
}

func (d deferral) refers(at scim.AttrPath, value string) bool {
	found := false
	_, _ = referrals{d.later.Type, func(_ scim.AttrPath, id string, _ bool) (string, error) {
		found = found || d.ids[id]
		return "", nil
	}}.attribute(at, value)
	return found
}

// move moves the values of one attribute that refer to one of the ids into the Patch.
func (d *deferral) move(at scim.AttrPath, raw string) {
	if !d.refers(at, raw) {
		return
	}
	later, now := raw, ""
	if document.IsArray(raw) {
		var moved, stay []string
		for e := range document.Values(raw) {
			if d.refers(at, e) {
				moved = append(moved, e)
			} else {
				stay = append(stay, e)
			}
		}
		if later = document.Array(moved); len(stay) > 0 {
			now = document.Array(stay)
		}
	}
	d.body.Set(at, now)
	d.later.Ops = append(d.later.Ops, scim.Op{Kind: scim.Add, Path: scim.Path{AttrPath: at}, Value: later})
}
