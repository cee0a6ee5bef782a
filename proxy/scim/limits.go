package scim

import "strings"

// Bounds of what a request may name. They are counted before any rule or layer looks at it, and are
// far above what identity providers send.
const (
	// MaxAttributes bounds the members of one JSON object, the attributes of a resource, and the
	// attributes that a PATCH names, but for a group's members. The schemas of RFC 7643 define
	// about 100 with all sub-attributes. A request at the bound takes less than 0.1 s of one core, in any
	// of the shapes of TestCostsGrowWithTheSize; the cost grows with the number.
	MaxAttributes = 5000
	// MaxValues bounds the JSON values of a body. A group of 100,000 members whose value, $ref,
	// display and type are given has 500,000.
	MaxValues = 1 << 19
	// MaxNames bounds the names in attributes and excludedAttributes together: twice what the
	// schemas of RFC 7643 define.
	MaxNames = 200
	// MaxTerms bounds the comparisons in the filter of a query. Each is decided on each value of
	// each resource that the query looks at. Identity providers send three at most; a filter that
	// names 200 ids has 10 KB.
	MaxTerms = 200
	// maxLooks bounds how many values the operations of one PATCH look at in all: each comparison
	// of a filter with a value is one look, and one more for every lookBytes of its text.
	maxLooks  = 1_000_000
	lookBytes = 64
)

// bounds refuses a request that names too much, before the rules of a dialect run. RFC 7644 table 9
// defines tooMany for filters, but no other value of it says that there are too many attributes.
// Too many names in the query are an invalidValue, as is a name that is not an attribute.
func (d Decoder) bounds(w Wire) error {
	if w.Method == "GET" && len(w.Query.Get("filter")) > d.MaxFilter {
		return InvalidFilter("the filter is longer than %d bytes", d.MaxFilter)
	}
	names := 0
	for _, list := range []string{"attributes", "excludedAttributes"} {
		for _, text := range w.Query[list] {
			names += strings.Count(text, ",") + 1
		}
	}
	if names > MaxNames {
		return InvalidValue("attributes and excludedAttributes name more than %d attributes", MaxNames)
	}
	n := 0
	switch body := (Resource{strings.TrimSpace(string(w.Body))}); w.Method {
	case "POST", "PUT":
		n = body.countLeaves(MaxAttributes)
	case "PATCH":
		n = countNamed(w.Type, body)
	}
	if n > MaxAttributes {
		return TooMany("the request names more than %d attributes", MaxAttributes)
	}
	return nil
}

// countNamed counts the attributes that a PATCH names: one by each operation with a path, each
// member of the value of one without. A group's members are not counted.
func countNamed(t ResourceType, body Resource) int {
	n := 0
	for op := range elements(getMember(body.raw, "Operations")) {
		path := getMember(op, "path")
		switch {
		case IsText(path) && t == Group && namesMembers(Text(path)):
		case IsText(path) && path != `""`:
			n++
		default:
			n += countGiven(t, getMember(op, "value"))
		}
		if n > MaxAttributes {
			break
		}
	}
	return n
}

// countGiven counts the attributes of a value without a path; those of an extension are counted one
// by one.
func countGiven(t ResourceType, value string) int {
	n := 0
	for m := range fields(value) {
		switch {
		case t == Group && namesMembers(m.key):
		case strings.Contains(m.key, ":") && isObject(m.raw):
			n += count(m.raw)
		default:
			n++
		}
	}
	return n
}

// namesMembers reports whether a path leads to a group's members, in any of the forms that rules
// repair.
func namesMembers(path string) bool {
	if n := len(GroupURN); len(path) > n && strings.EqualFold(path[:n], GroupURN) {
		path = path[n+1:]
	}
	const name = "members"
	if len(path) < len(name) || !strings.EqualFold(path[:len(name)], name) {
		return false
	}
	rest := path[len(name):]
	return rest == "" || strings.ContainsAny(rest[:1], "[. ")
}
