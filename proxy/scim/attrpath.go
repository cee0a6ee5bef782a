package scim

import "strings"

// Schema URIs of RFC 7643 and message URIs of RFC 7644.
const (
	UserURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	PatchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	ListURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	SearchURN     = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	ErrorURN      = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// AttrPath names an attribute: [URN:]Name[.Sub]. URN is empty for core attributes. A URN without a Name is the whole extension.
type AttrPath struct{ URN, Name, Sub string }

// ParseAttrPath reads an attribute path (RFC 7644 section 3.10). A URN is split from the name by the longest known schema URI, else at
// its last colon: the URN itself holds dots ("2.0"), so no other separator can be trusted.
func ParseAttrPath(s string) (AttrPath, error) {
	urn, rest, isCore := splitURN(s)
	if strings.IndexFunc(urn, func(c rune) bool { return c <= ' ' || c > '~' }) >= 0 {
		return AttrPath{}, InvalidPath("%q is not an attribute path", s)
	}
	if rest == "" && urn != "" && !isCore {
		return AttrPath{URN: urn}, nil
	}
	if isCore {
		urn = ""
	}
	name, sub, dotted := strings.Cut(rest, ".")
	if !attrName(name) || (dotted && !attrName(sub)) {
		return AttrPath{}, InvalidPath("%q is not an attribute path", s)
	}
	return AttrPath{urn, name, sub}, nil
}

// MustPath parses a literal and panics where it is none.
func MustPath(s string) AttrPath {
	p, err := ParseAttrPath(s)
	if err != nil {
		panic(err)
	}
	return p
}

func splitURN(s string) (urn, rest string, isCore bool) {
	for _, known := range []string{UserURN, GroupURN, EnterpriseURN} {
		if len(s) < len(known) || !strings.EqualFold(s[:len(known)], known) {
			continue
		}
		if tail := s[len(known):]; tail == "" {
			return known, "", false // the whole schema, the core one included
		} else if tail[0] == ':' && len(tail) > 1 {
			return known, tail[1:], known != EnterpriseURN
		}
	}
	switch i := strings.LastIndexByte(s, ':'); {
	case i <= 0 || i == len(s)-1:
		return "", s, false
	case s[i+1] >= '0' && s[i+1] <= '9' && strings.Trim(s[i+1:], "0123456789.") == "":
		return s, "", false // no name is a number: "urn:scim:schemas:extension:x:1.0" is a whole extension
	default:
		return s[:i], s[i+1:], false
	}
}

// attrName is ATTRNAME of RFC 7643 section 2.1, or $ref.
func attrName(s string) bool {
	s = strings.TrimPrefix(s, "$")
	for i, c := range []byte(s) {
		alpha := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !alpha && (i == 0 || !(c >= '0' && c <= '9' || c == '-' || c == '_')) {
			return false
		}
	}
	return s != ""
}

// String is the path as it is written in requests.
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

// Key is the path in lower case: names are case-insensitive (RFC 7643 section 2.1).
func (p AttrPath) Key() string { return strings.ToLower(p.String()) }

// Folded is the path with each part in lower case, as a key: the text of Key does not tell the dot in
// a name from that before a sub-attribute.
func (p AttrPath) Folded() AttrPath {
	return AttrPath{strings.ToLower(p.URN), strings.ToLower(p.Name), strings.ToLower(p.Sub)}
}

// Top is the path without its sub-attribute.
func (p AttrPath) Top() AttrPath { return AttrPath{URN: p.URN, Name: p.Name} }

// With is the path of a sub-attribute.
func (p AttrPath) With(sub string) AttrPath { return AttrPath{p.URN, p.Name, sub} }

// IsZero reports whether there is no path.
func (p AttrPath) IsZero() bool { return p == AttrPath{} }

// Is compares paths without regard to case.
func (p AttrPath) Is(q AttrPath) bool { return p.Key() == q.Key() }

func (p AttrPath) steps() []string {
	out := make([]string, 0, 3)
	for _, s := range [...]string{p.URN, p.Name, p.Sub} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
