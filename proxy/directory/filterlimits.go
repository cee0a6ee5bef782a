package directory

import "keycloak-scim-proxy/proxy/scim"

// FilterLimits bound the filters that a directory accepts. A field that is 0 does not bound them.
type FilterLimits struct {
	// Length is the largest size of a filter in bytes, as Filter.String prints it.
	Length int
	// Nesting is how deep parentheses and brackets may nest in that text.
	Nesting int
}

// Accept reports whether a filter is within the limits.
func (l FilterLimits) Accept(f scim.Filter) bool {
	text := f.String()
	return (l.Length == 0 || len(text) <= l.Length) && (l.Nesting == 0 || nesting(text) <= l.Nesting)
}

// nesting returns how deep parentheses and brackets nest in the text of a filter.
func nesting(text string) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(', c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == ')', c == ']':
			depth--
		}
	}
	return deepest
}
