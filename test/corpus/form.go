package corpus

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	ids   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	texts = regexp.MustCompile(`"(\\.|[^"\\])*"`)
)

// Form describes the requests of a case after the dialect, without ids and values: methods, paths,
// queries, operations, and names of attributes. Providers have many of them in common.
func (c Case) Form() string {
	var all []string
	for _, normal := range c.Normal {
		head, body, _ := strings.Cut(normal, "\n\n")
		lines := slices.DeleteFunc(strings.Split(head, "\n"), func(l string) bool { return strings.HasPrefix(l, "rules:") })
		all = append(all, without(strings.Join(lines, "\n")), bodyForm(body))
	}
	return strings.Join(all, "\n")
}

func without(values string) string {
	return texts.ReplaceAllString(ids.ReplaceAllString(values, "ID"), "V")
}

func bodyForm(body string) string {
	var doc map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &doc) != nil {
		return body
	}
	var ops []struct{ Op, Path string }
	if json.Unmarshal(doc["Operations"], &ops) != nil {
		return strings.Join(slices.Sorted(maps.Keys(doc)), " ")
	}
	var names []string
	for _, o := range ops {
		names = append(names, o.Op+" "+without(o.Path))
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}

// Compares reports whether a check compares a resource with what it was before the requests.
func (c Case) Compares(name string) bool {
	return slices.ContainsFunc(c.Want, func(line string) bool { return strings.HasPrefix(line, name+" unchanged") })
}
