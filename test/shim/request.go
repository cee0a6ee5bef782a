package shim

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// exchange is one request to the SCIM API.
type exchange struct {
	*Shim
	ctx                         context.Context
	method, realm, endpoint, id string
	query                       url.Values
	authorization               string
	// body is nil if the request has no JSON object.
	body    map[string]any
	changed bool // whether body is to be sent instead of what came
	// lists are values that 26.7.3 would not take, by the name of the attribute.
	lists map[string][]string
	// profiled is the user profile, if the request needed it.
	profiled []attribute
}

// operation of a PATCH.
type operation map[string]any

func (o operation) kind() string { return strings.ToLower(text(o["op"])) }

func (o operation) path() string { return text(o["path"]) }

func text(v any) string {
	s, _ := v.(string)
	return s
}

func (x *exchange) operations() []operation {
	if x.method != http.MethodPatch {
		return nil
	}
	list, _ := x.body["Operations"].([]any)
	var all []operation
	for _, o := range list {
		if o, ok := o.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

// setting is what a request says of one attribute, by its path in lower case. A nil value removes
// it.
type setting struct {
	path  string
	value any
	add   bool
}

// settings of the request, in order.
func (x *exchange) settings() []setting {
	var all []setting
	if x.method != http.MethodPatch {
		return flatten("", x.body, false)
	}
	for _, o := range x.operations() {
		path, add := strings.ToLower(o.path()), o.kind() == "add"
		value := o["value"]
		if o.kind() == "remove" {
			value = nil
		}
		if inner, ok := value.(map[string]any); ok && (path == "" || path == "name" || strings.HasPrefix(path, "urn:")) {
			all = append(all, flatten(path, inner, add)...)
			continue
		}
		all = append(all, setting{selector.ReplaceAllString(path, ""), value, add})
	}
	return all
}

// selector is the filter in a path: emails[type eq "work"].value.
var selector = regexp.MustCompile(`\[[^\]]*\]`)

// flatten lists the attributes of an object below a path.
func flatten(prefix string, doc map[string]any, add bool) []setting {
	var all []setting
	for name, v := range doc {
		path := strings.ToLower(name)
		switch {
		case strings.HasPrefix(prefix, "urn:"):
			path = prefix + ":" + path
		case prefix != "":
			path = prefix + "." + path
		}
		if inner, ok := v.(map[string]any); ok && (path == "name" || strings.HasPrefix(path, "urn:") && prefix == "") {
			all = append(all, flatten(path, inner, add)...)
			continue
		}
		all = append(all, setting{path, v, add})
	}
	return all
}

// check refuses what 26.8 would, and turns the rest into what 26.7.3 understands.
func (x *exchange) check() error {
	if x.method == http.MethodGet {
		return x.checkFilter()
	}
	if x.body == nil {
		return nil
	}
	if err := x.checkShape(); err != nil {
		return err
	}
	if x.endpoint == "Users" {
		return x.checkUser()
	}
	return x.checkGroup()
}

// compared are the attributes that a filter in a path compares.
var (
	compared = regexp.MustCompile(`(?i)([a-z.]+)\s+(eq|ne|co|sw|ew|pr|gt|ge|lt|le)\b`)
	inPath   = regexp.MustCompile(`\[([^\]]*)\]`)
	quoted   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// checkShape looks at the operations of a PATCH alone.
func (x *exchange) checkShape() error {
	ops := x.operations()
	if x.rules[MaxOperations] && len(ops) > 100 {
		return refusal(400, "tooMany", fmt.Sprintf("%d operations, at most 100 are allowed", len(ops)))
	}
	if !x.rules[ValueFilters] {
		return nil
	}
	for _, o := range ops {
		for _, f := range inPath.FindAllStringSubmatch(quoted.ReplaceAllString(o.path(), `""`), -1) {
			for _, c := range compared.FindAllStringSubmatch(f[1], -1) {
				if !strings.EqualFold(c[1], "value") {
					return refusal(400, "invalidPath", "only value may be compared in a path, not "+c[1])
				}
			}
		}
	}
	return nil
}

// checkFilter looks at the filter of a list.
func (x *exchange) checkFilter() error {
	filter := x.query.Get("filter")
	if x.endpoint != "Groups" || !strings.Contains(strings.ToLower(filter), "members") {
		return nil
	}
	for _, c := range compared.FindAllStringSubmatchIndex(filter, -1) {
		name, op := filter[c[2]:c[3]], filter[c[4]:c[5]]
		if !strings.EqualFold(name, "members.value") && !strings.EqualFold(name, "members") {
			continue
		}
		if x.rules[MemberFilters] && !strings.EqualFold(op, "eq") {
			return refusal(403, "", "")
		}
		id := strings.Trim(quoted.FindString(filter[c[5]:]), `"`)
		if !x.rules[ServiceAccountMembers] || id == "" {
			continue
		}
		if u, err := x.user(url.PathEscape(id)); err == nil && strings.HasPrefix(text(u["username"]), "service-account-") {
			return reply{200, []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[],"startIndex":1,"itemsPerPage":0}`)}
		}
	}
	return nil
}

// checkUnknown refuses what Keycloak would ignore.
func (x *exchange) checkUnknown(known []string) error {
	if !x.rules[UnknownAttributes] {
		return nil
	}
	for _, s := range x.settings() {
		if !slices.Contains(known, s.path) {
			return refusal(400, "invalidPath", "unknown attribute "+s.path)
		}
	}
	return nil
}
