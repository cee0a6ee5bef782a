package canary

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// plain is a value as JSON has it.
func plain(v any) any {
	text, err := json.Marshal(v)
	var out any
	if err != nil || json.Unmarshal(text, &out) != nil {
		return nil
	}
	return out
}

// lacks names the first part of what was sent that is not shown, or "". Both are plain. An element
// of a list may be anywhere in the list that is shown.
func lacks(sent, shown any, path string) string {
	switch s := sent.(type) {
	case object:
		is, _ := shown.(object)
		for name, value := range s {
			if missing := lacks(value, member(is, name), join(path, name)); missing != "" {
				return missing
			}
		}
		return ""
	case []any:
		is, _ := shown.([]any)
		for _, e := range s {
			if !slices.ContainsFunc(is, func(i any) bool { return lacks(e, i, path) == "" }) {
				return path
			}
		}
		return ""
	}
	if fmt.Sprint(sent) == fmt.Sprint(shown) && shown != nil {
		return ""
	}
	return path
}

// member finds a member by its name, in any letter case.
func member(o object, name string) any {
	for n, v := range o {
		if strings.EqualFold(n, name) {
			return v
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// leaf is a value without parts, and the path of its attribute.
type leaf struct {
	path  scim.AttrPath
	value string
}

// leaves are those of an attribute alone, without what only tells elements of a list apart.
func leaves(u object) (all []leaf) {
	for name, value := range u {
		if in, ok := value.(object); ok && strings.Contains(name, ":") {
			for inner, v := range in {
				all = append(all, leavesOf(scim.AttrPath{URN: name, Name: inner}, plain(v))...)
			}
			continue
		}
		all = append(all, leavesOf(scim.AttrPath{Name: name}, plain(value))...)
	}
	slices.SortFunc(all, func(a, b leaf) int { return strings.Compare(a.path.Key(), b.path.Key()) })
	return all
}

func leavesOf(p scim.AttrPath, v any) (all []leaf) {
	switch v := v.(type) {
	case object:
		for name, part := range v {
			if name != "type" && name != "primary" {
				all = append(all, leaf{scim.AttrPath{URN: p.URN, Name: p.Name, Sub: name}, fmt.Sprint(part)})
			}
		}
	case []any:
		for _, e := range v {
			all = append(all, leavesOf(p, e)...)
		}
	default:
		all = append(all, leaf{p, fmt.Sprint(v)})
	}
	return all
}

// has reports whether a document has a value anywhere, in any letter case.
func has(document any, value string) bool {
	switch d := document.(type) {
	case object:
		for _, v := range d {
			if has(v, value) {
				return true
			}
		}
		return false
	case []any:
		return slices.ContainsFunc(d, func(e any) bool { return has(e, value) })
	}
	return strings.EqualFold(fmt.Sprint(document), value)
}
