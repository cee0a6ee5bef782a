package profile

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Filter spells the literals of a filter as Keycloak understands them: it does not read escapes
// such as \u0061, and compares e-mail addresses exactly with what it stores in lower case
// (measured).
func Filter(f scim.Filter) scim.Filter {
	spelled, _ := scim.MapFilter(f, func(_ scim.AttrPath, f scim.Filter) (scim.Filter, error) { // it does not fail
		c, ok := f.(scim.Compare)
		if !ok || !document.IsText(c.Value) {
			return f, nil
		}
		text := document.Text(c.Value)
		if c.Attr.Top().Is(emails) {
			text = strings.ToLower(text)
		}
		c.Value = document.Quote(text)
		return c, nil
	})
	return spelled
}
