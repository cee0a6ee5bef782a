package profile

import (
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Filter spells the literals of a filter as Keycloak understands them: it does not read escapes
// such as \u0061, and compares e-mail addresses exactly with what it stores in lower case
// (measured). In a realm that shows the address as userName, Keycloak compares the stored name
// only (measured), so the address is compared too.
func (p *Profile) Filter(f scim.Filter) scim.Filter {
	spelled, _ := scim.MapFilter(f, func(_ scim.AttrPath, f scim.Filter) (scim.Filter, error) { // it does not fail
		c, ok := f.(scim.Compare)
		if !ok || !document.IsText(c.Value) {
			return f, nil
		}
		text := document.Text(c.Value)
		address := scim.Compare{Attr: emails.With("value"), Op: c.Op, Value: document.Quote(document.Lower(text))}
		if c.Attr.Top().Is(emails) {
			address.Attr = c.Attr
			return address, nil
		}
		c.Value = document.Quote(text)
		if p.addressed && c.Attr.Is(userName) {
			return scim.Or{Terms: []scim.Filter{c, address}}, nil
		}
		return c, nil
	})
	return spelled
}
