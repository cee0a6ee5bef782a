package scim

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
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
// readOnly (members, manager), and everything in an extension that nobody declared. There the value itself, a "value" or a "$ref" can
// refer; a title or a display name that reads "bulkId:1" is that text.
func References(c Call) []string {
	var out []string
	noted := map[string]bool{}
	note := func(_ AttrPath, id string, _ bool) (string, error) {
		if !noted[id] {
			noted[id], out = true, append(out, id)
		}
		return "", nil
	}
	if id, ok := BulkID(Target(c).ID); ok {
		_, _ = note(AttrPath{}, id, false)
	}
	_, _ = referrals{Target(c).Type, note}.call(c) // to note never fails
	return out
}

// Target is the resource that a write is about; a Create has no id yet.
func Target(c Call) Ref {
	switch c := c.(type) {
	case Create:
		return Ref{Type: c.Type}
	case Replace:
		return c.Ref
	case Patch:
		return c.Ref
	case Delete:
		return c.Ref
	default: // reads are no part of a bulk request
		return Ref{}
	}
}

// Bind puts ids in the place of references; in a $ref that is a relative URI. It fails where lookup does not know a bulkId, where the path
// says another type than the resource has, and where a group would become a member of a group, which Keycloak cannot hold.
func Bind(c Call, lookup func(bulkID string) (Ref, bool)) (Call, error) {
	find := func(id string) (Ref, error) {
		ref, ok := lookup(id)
		if !ok {
			return ref, InvalidValue("%s%s is not the bulkId of a POST in this request", bulkPrefix, id)
		}
		return ref, nil
	}
	own := Target(c)
	if id, ok := BulkID(own.ID); ok {
		ref, err := find(id)
		if err != nil {
			return c, err
		}
		if ref.Type != own.Type {
			return c, InvalidValue("%s%s is a %s, and the path says %s", bulkPrefix, id, ref.Type, own.Type.Endpoint())
		}
		c = aim(c, ref)
	}
	return referrals{own.Type, func(at AttrPath, id string, uri bool) (string, error) {
		ref, err := find(id)
		switch {
		case err != nil:
			return "", err
		case own.Type == Group && ref.Type == Group && at.Top().Is(AttrPath{Name: "members"}):
			return "", InvalidValue("a group cannot be a member of a group in Keycloak, and %s%s is a group", bulkPrefix, id)
		case uri:
			return document.Quote("../" + ref.Type.Endpoint() + "/" + ref.ID), nil
		}
		return document.Quote(ref.ID), nil
	}}.call(c)
}

func aim(c Call, ref Ref) Call {
	switch c := c.(type) {
	case Replace:
		c.Ref = ref
		return c
	case Patch:
		c.Ref = ref
		return c
	case Delete:
		c.Ref = ref
		return c
	default:
		return c
	}
}

// Defer takes the references to the given bulkIds out of a Create, and returns the Patch that puts them in afterwards; its Ref has no id yet.
// That is how a circle is cut (RFC 7644 section 3.7.1). Of a multi-valued attribute only the values that refer are taken out. A Create
// without such references is returned as it is, with a Patch without operations.
func Defer(c Create, ids []string) (Create, Patch) {
	d := deferral{body: c.Body.Object(), later: Patch{Ref: Ref{Type: c.Type}}, ids: map[string]bool{}}
	for _, id := range ids {
		d.ids[id] = true
	}
	for m := range document.Members(c.Body.String()) {
		if !strings.Contains(m.Name, ":") {
			d.move(AttrPath{Name: m.Name}, m.Raw)
			continue
		}
		for in := range document.Members(m.Raw) {
			d.move(AttrPath{URN: m.Name, Name: in.Name}, in.Raw)
		}
	}
	c.Body = d.body.Resource()
	return c, d.later
}

// deferral is a Create that is taken apart.
type deferral struct {
	body  *Object
	later Patch
	ids   map[string]bool
}

func (d deferral) refers(at AttrPath, value string) bool {
	found := false
	_, _ = referrals{d.later.Type, func(_ AttrPath, id string, _ bool) (string, error) {
		found = found || d.ids[id]
		return "", nil
	}}.attribute(at, value)
	return found
}

// move puts what refers to one of the ids, at one attribute, into the Patch.
func (d *deferral) move(at AttrPath, raw string) {
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
	d.later.Ops = append(d.later.Ops, Op{Kind: Add, Path: Path{AttrPath: at}, Value: later})
}
