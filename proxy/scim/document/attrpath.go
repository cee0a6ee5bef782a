package document

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim/document/internal/jsontext"
)

// AttrPath names an attribute: [URN:]Name[.Sub]. URN is empty for core attributes. A URN without a
// Name is the whole extension.
type AttrPath struct{ URN, Name, Sub string }

// String returns the path as written in requests.
func (p AttrPath) String() string {
	s := p.Name
	if p.URN != "" {
		s = strings.TrimSuffix(p.URN+":"+p.Name, ":")
	}
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// Key returns the path in lower case, because names are case-insensitive (RFC 7643 section 2.1).
func (p AttrPath) Key() string { return strings.ToLower(p.String()) }

// Folded returns the path with each part in lower case. Unlike Key, it distinguishes a dot in a
// name from the dot before a sub-attribute.
func (p AttrPath) Folded() AttrPath {
	return AttrPath{strings.ToLower(p.URN), strings.ToLower(p.Name), strings.ToLower(p.Sub)}
}

// Top returns the path without its sub-attribute.
func (p AttrPath) Top() AttrPath { return AttrPath{URN: p.URN, Name: p.Name} }

// With returns the path of a sub-attribute.
func (p AttrPath) With(sub string) AttrPath { return AttrPath{p.URN, p.Name, sub} }

// IsZero reports whether there is no path.
func (p AttrPath) IsZero() bool { return p == AttrPath{} }

// Is compares paths without case.
func (p AttrPath) Is(q AttrPath) bool {
	if p.URN == q.URN && !strings.Contains(p.Name, ".") && !strings.Contains(q.Name, ".") {
		return jsontext.SameLower(p.Name, q.Name) && jsontext.SameLower(p.Sub, q.Sub)
	}
	return p.Key() == q.Key()
}

// Steps returns the names of the members on the path.
func (p AttrPath) Steps() []string {
	out := make([]string, 0, 3)
	for _, s := range [...]string{p.URN, p.Name, p.Sub} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
