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

// ParseAttrPath parses an attribute path (RFC 7644 section 3.10). It splits a URN from the name
// after a known schema URI, else at the last colon, because a URN may contain dots ("2.0").
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
	return AttrPath{URN: urn, Name: name, Sub: sub}, nil
}

// ParseKey reads a key of a PATCH value without a path: an attribute path, or a name that RFC 7643
// does not allow and that a POST keeps too ("cost centre").
func ParseKey(s string) (AttrPath, error) {
	p, err := ParseAttrPath(s)
	if err != nil && s != "" && !strings.ContainsAny(s, `.:[]"`) {
		return AttrPath{Name: s}, nil
	}
	return p, err
}

// MustPath parses a literal and panics if it is not valid.
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
			return known, "", false // the whole schema, also a core schema
		} else if tail[0] == ':' && len(tail) > 1 {
			return known, tail[1:], known != EnterpriseURN
		}
	}
	switch i := strings.LastIndexByte(s, ':'); {
	case i <= 0 || i == len(s)-1:
		return "", s, false
	case s[i+1] >= '0' && s[i+1] <= '9' && strings.Trim(s[i+1:], "0123456789.") == "":
		return s, "", false // a name is not a number: "urn:scim:schemas:extension:x:1.0" is a whole extension
	default:
		return s[:i], s[i+1:], false
	}
}

// attrName reports whether s is an ATTRNAME of RFC 7643 section 2.1, or $ref.
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
