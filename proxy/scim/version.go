package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Version returns a weak ETag (RFC 7644 section 3.14) of a whole resource without meta. For a group
// it is W/"attributes-members", or W/"attributes" if the members were not read, so that a version
// never covers members that were not read.
func Version(t ResourceType, r Resource, membersRead bool) string {
	if r.IsZero() {
		return ""
	}
	tag := digest(r.CanonicalWithout("meta", "members"))
	if t == Group && membersRead {
		tag += "-" + digest([]byte(document.Canonical(r.Raw("members"))))
	}
	return `W/"` + tag + `"`
}

func digest(canonical []byte) string {
	h := sha256.Sum256(canonical)
	return hex.EncodeToString(h[:8])
}

// MatchesVersion reports whether a header (If-Match, If-None-Match) has the version; "*" matches
// any. With partial, a group's version without members matches any members, because the caller has
// not seen them.
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

// WithSchemas sets schemas to SchemasOf.
func WithSchemas(t ResourceType, r Resource) Resource {
	urns := SchemasOf(t, r.Object())
	for i, urn := range urns {
		urns[i] = document.Quote(urn)
	}
	return r.With("schemas", document.Array(urns))
}

// SchemasOf returns the URNs of the core schema and of all extensions with data in the resource.
func SchemasOf(t ResourceType, doc *Object) []string {
	urns := []string{UserURN}
	if t == Group {
		urns[0] = GroupURN
	}
	for _, name := range doc.Names() {
		if strings.Contains(name, ":") && !document.Unassigned(doc.Raw(name)) {
			urns = append(urns, name)
		}
	}
	return urns
}
