package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Version is a weak ETag (RFC 7644 section 3.14) over a whole resource without meta. That of a group has two parts,
// W/"attributes-members", the second only where its members were read, so that nothing that was not looked at is vouched for.
func Version(t ResourceType, r Resource, membersRead bool) string {
	if r.IsZero() {
		return ""
	}
	tag := digest(r.Without("meta", "members").raw)
	if t == Group && membersRead {
		tag += "-" + digest(r.Raw("members"))
	}
	return `W/"` + tag + `"`
}

func digest(raw string) string {
	h := sha256.Sum256([]byte(Canonical(raw)))
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

// Locate writes meta.location, meta.resourceType and the $ref of members and groups. The pen calls it; no room knows a base URL.
// base is the public SCIM base without a slash at its end.
func Locate(r Resource, t ResourceType, base string) Resource {
	if r.IsZero() || r.ID() == "" {
		return r
	}
	doc := r.Object()
	if meta := doc.node([]string{"meta"}); meta != nil && meta.isObject() {
		meta.setMember("resourceType", Quote(string(t)))
		meta.setMember("location", Quote(Location(Ref{t, r.ID()}, base)))
	}
	refer(doc, "members", base+"/"+User.Endpoint()+"/")
	refer(doc, "groups", base+"/"+Group.Endpoint()+"/")
	return doc.Resource()
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

// WithSchemas rebuilds "schemas" from what the resource has: the core schema and each extension with data.
func WithSchemas(t ResourceType, r Resource) Resource {
	urns := []string{Quote(map[ResourceType]string{User: UserURN, Group: GroupURN}[t])}
	for m := range fields(r.raw) {
		if strings.Contains(m.key, ":") && !Unassigned(m.raw) {
			urns = append(urns, Quote(m.key))
		}
	}
	return r.With("schemas", Array(urns))
}
