package profile

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// Filter spells the literals of a filter as Keycloak understands them: it does not read escapes
// such as \u0061, and compares e-mail addresses exactly with what it stores in lower case
// (measured).
func Filter(f scim.Filter) scim.Filter {
	switch f := f.(type) {
	case scim.Compare:
		if !document.IsText(f.Value) {
			return f
		}
		text := document.Text(f.Value)
		if f.Attr.Top().Is(emails) {
			text = strings.ToLower(text)
		}
		f.Value = document.Quote(text)
		return f
	case scim.And:
		return scim.And{Terms: filters(f.Terms)}
	case scim.Or:
		return scim.Or{Terms: filters(f.Terms)}
	case scim.Not:
		return scim.Not{Term: Filter(f.Term)}
	case scim.Present, scim.Within:
		return f
	}
	return f
}

func filters(terms []scim.Filter) []scim.Filter {
	out := make([]scim.Filter, len(terms))
	for i, t := range terms {
		out[i] = Filter(t)
	}
	return out
}
