package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Version is a weak ETag (RFC 7644 section 3.14) over a whole resource without meta. That of a group has two parts,
// W/"attributes-members", the second only where its members were read, so that nothing that was not looked at is vouched for.
func Version(t ResourceType, r Resource, membersRead bool) string {
	if r.IsZero() {
		return ""
	}
	ms := slices.DeleteFunc(members(r.raw), func(m member) bool {
		return strings.EqualFold(m.key, "meta") || strings.EqualFold(m.key, "members")
	})
	tag := digest(appendObject(make([]byte, 0, len(r.raw)), ms))
	if t == Group && membersRead {
		raw := r.Raw("members")
		tag += "-" + digest(appendCanonical(make([]byte, 0, len(raw)), raw))
	}
	return `W/"` + tag + `"`
}

func digest(canonical []byte) string {
	h := sha256.Sum256(canonical)
	return hex.EncodeToString(h[:8])
}

// MatchesVersion reports whether a precondition header (If-Match, If-None-Match) names the version. "*" names any. Where partial is set, a
// group's version without members stands for any membership: it is what the caller has seen.
func MatchesVersion(header, version string, partial bool) bool {
	attributes, _, _ := strings.Cut(version, "-")
	for tag := range strings.SplitSeq(header, ",") {
		if tag = strings.TrimSpace(tag); !strings.HasPrefix(tag, "W/") && tag != "*" {
			tag = "W/" + tag
		}
		if tag == "*" || tag == version || partial && tag == attributes+`"` {
			return true
		}
	}
	return false
}

// Locate writes meta.location, meta.resourceType and the $ref of members and groups into a resource
// that has an id. Only the writer of answers calls it: no layer knows a base URL. base is the public
// SCIM base without a slash at its end.
func Locate(doc *Object, t ResourceType, base string) {
	id := Text(doc.Raw("id"))
	if id == "" {
		return
	}
	if meta := doc.node([]string{"meta"}); meta != nil && meta.isObject() {
		meta.setMember("resourceType", Quote(string(t)))
		meta.setMember("location", Quote(Location(Ref{t, id}, base)))
	}
	refer(doc, "members", base+"/"+User.Endpoint()+"/")
	refer(doc, "groups", base+"/"+Group.Endpoint()+"/")
}

// Location is the URI of a resource.
func Location(r Ref, base string) string { return base + "/" + r.Type.Endpoint() + "/" + r.ID }

func refer(doc *Object, name, prefix string) {
	n := doc.node([]string{name})
	if n == nil || !n.isArray() {
		return
	}
	es := Elements(n.raw)
	for i, e := range es {
		if id := getMember(e, "value"); id != "" {
			es[i] = setMember(e, "$ref", Quote(prefix+Text(id)))
		}
	}
	doc.set(name, node{raw: Array(es)})
}

// WithSchemas rebuilds schemas from what the resource has.
func WithSchemas(t ResourceType, r Resource) Resource {
	doc := r.Object()
	urns := doc.Schemas(t)
	for i, urn := range urns {
		urns[i] = Quote(urn)
	}
	doc.set("schemas", node{raw: Array(urns)})
	return doc.Resource()
}

// Schemas are the URNs of the core schema and of each extension that has data.
func (o *Object) Schemas(t ResourceType) []string {
	urns := []string{UserURN}
	if t == Group {
		urns[0] = GroupURN
	}
	for i := range o.slots {
		if s := &o.slots[i]; !s.unassigned() && strings.Contains(s.key, ":") {
			urns = append(urns, s.key)
		}
	}
	return urns
}
