package document

import (
	"strings"
	"unicode/utf8"
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
		return sameLower(p.Name, q.Name) && sameLower(p.Sub, q.Sub)
	}
	return p.Key() == q.Key()
}

// sameLower reports whether two texts are equal in lower case. It makes no copies of ASCII texts.
func sameLower(a, b string) bool {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		switch {
		case x >= utf8.RuneSelf || y >= utf8.RuneSelf:
			a, b = strings.ToLower(a), strings.ToLower(b) // not EqualFold: see Key
			return a == b
		case x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z'):
			return false
		}
	}
	return len(a) == len(b) // no character becomes nothing in lower case
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
