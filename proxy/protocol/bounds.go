package protocol

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

const (
	// MaxNames bounds the names in attributes and excludedAttributes together: twice what the
	// schemas of RFC 7643 define.
	MaxNames = 200
	// MaxTerms bounds the comparisons in the filter of a query. Each is decided on each value of
	// each resource that the query looks at. Identity providers send three at most; a filter that
	// names 200 ids has 10 KB.
	MaxTerms = 200
	// MaxID is the longest id of a resource in a path, in bytes. Stores bound the names of records.
	MaxID = 1024
)

// bounds refuses a request that names too much, before the rules of a dialect run. RFC 7644 table 9
// defines tooMany for filters, but no other value of it says that there are too many attributes.
// Too many names in the query are an invalidValue, as is a name that is not an attribute.
func (d Decoder) bounds(w Request) error {
	if len(w.ID) > MaxID {
		return scim.InvalidValue("the id in the path is longer than %d bytes", MaxID)
	}
	if w.Method == "GET" && len(w.Query.Get("filter")) > d.MaxFilter {
		return scim.InvalidFilter("the filter is longer than %d bytes", d.MaxFilter)
	}
	names := 0
	for _, list := range []string{"attributes", "excludedAttributes"} {
		for _, text := range w.Query[list] {
			names += strings.Count(text, ",") + 1
		}
	}
	if names > MaxNames {
		return scim.InvalidValue("attributes and excludedAttributes name more than %d attributes", MaxNames)
	}
	n := 0
	switch body, err := document.Part(strings.TrimSpace(string(w.Body))); {
	case err != nil: // it is refused later, with a better error
	case w.Method == "POST", w.Method == "PUT":
		n = body.CountLeaves(scim.MaxAttributes)
	case w.Method == "PATCH":
		n = countNamed(w.Type, body)
	}
	if n > scim.MaxAttributes {
		return scim.TooMany("the request names more than %d attributes", scim.MaxAttributes)
	}
	return nil
}

// countNamed counts the attributes that a PATCH names: one by each operation with a path, each
// member of the value of one without. A group's members are not counted.
func countNamed(t scim.ResourceType, body scim.Resource) int {
	n := 0
	for op := range document.Values(body.Raw("Operations")) {
		path := document.Lookup(op, "path")
		switch {
		case document.IsText(path) && t == scim.Group && namesMembers(document.Text(path)):
		case document.IsText(path) && path != `""`:
			n++
		default:
			n += countGiven(t, document.Lookup(op, "value"))
		}
		if n > scim.MaxAttributes {
			break
		}
	}
	return n
}

// countGiven counts the attributes of a value without a path; those of an extension are counted one
// by one.
func countGiven(t scim.ResourceType, value string) int {
	n := 0
	for m := range document.Members(value) {
		switch {
		case t == scim.Group && namesMembers(m.Name):
		case strings.Contains(m.Name, ":") && document.IsObject(m.Raw):
			n += document.Count(m.Raw)
		default:
			n++
		}
	}
	return n
}

// namesMembers reports whether a path leads to a group's members, in any of the forms that rules
// repair.
func namesMembers(path string) bool {
	if n := len(scim.GroupURN); len(path) > n && strings.EqualFold(path[:n], scim.GroupURN) {
		path = path[n+1:]
	}
	const name = "members"
	if len(path) < len(name) || !strings.EqualFold(path[:len(name)], name) {
		return false
	}
	rest := path[len(name):]
	return rest == "" || strings.ContainsAny(rest[:1], "[. ")
}
