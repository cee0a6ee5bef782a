package profile

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Filter writes the literals of a filter as Keycloak understands them. Keycloak does not read
// escapes such as \u0061; it stores e-mail addresses in lower case, but compares them exactly
// (measured).
func Filter(f scim.Filter) scim.Filter {
	spelled, _ := scim.MapFilter(f, func(_ scim.AttrPath, f scim.Filter) (scim.Filter, error) { // the function does not fail
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
