package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Version is a weak ETag (RFC 7644 section 3.14) over a whole resource without meta. That of a group has two parts,
// W/"attributes-members", the second only where its members were read, so that nothing that was not looked at is vouched for.
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

// WithSchemas rebuilds schemas from what the resource has.
func WithSchemas(t ResourceType, r Resource) Resource {
	urns := SchemasOf(t, r.Object())
	for i, urn := range urns {
		urns[i] = document.Quote(urn)
	}
	return r.With("schemas", document.Array(urns))
}

// SchemasOf are the URNs of the core schema and of each extension that a resource has data of.
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
