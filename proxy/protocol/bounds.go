package protocol

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

const (
	// MaxNames is the largest number of names in attributes and excludedAttributes together: twice
	// as many as the schemas of RFC 7643 define.
	MaxNames = 200
	// MaxTerms is the largest number of comparisons in the filter of a query. Each is evaluated on
	// each value of each resource that the query looks at. Identity providers send at most three; a
	// filter of 200 ids has 10 KB.
	MaxTerms = 200
	// MaxID is the longest id of a resource in a path, in bytes. Stores bound the names of records.
	MaxID = 1024
)

// bounds refuses a request that names too much, before the rules of a dialect run. RFC 7644 table 9
// defines tooMany only for filters, but has no better value for too many attributes. Too many names
// in the query are an invalidValue, like a name that is not an attribute.
func (d Decoder) bounds(w Request, body scim.Resource) error {
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
	switch w.Method {
	case "POST", "PUT":
		n = body.CountLeaves(scim.MaxAttributes)
	case "PATCH":
		n = countNamed(w.Type, body)
	}
	if n > scim.MaxAttributes {
		return scim.TooMany("the request names more than %d attributes", scim.MaxAttributes)
	}
	return nil
}

// countNamed counts the attributes that a PATCH names: one for each operation with a path, and one
// for each member of the value of an operation without a path. The members of a group are not
// counted.
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

// countGiven counts the attributes of a value without a path. Each attribute of an extension
// counts.
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

// namesMembers reports whether a path selects the members of a group, in any form that rules
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
