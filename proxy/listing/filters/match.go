package filters

import (
	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Match decides the filter of a query on a resource. An attribute of which the directory below
// shows another value than the requested one has both values: a comparison holds if it holds for
// one of them, "ne" if it holds for both.
func Match(schemas scim.Schemas, q directory.Query, r scim.Resource) bool {
	if q.Filter == nil {
		return true
	}
	r, below := directory.Observed(r)
	if below.IsZero() {
		return schemas.Match(q.Filter, q.Type, r)
	}
	decided, _ := scim.MapFilter(q.Filter, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) { // it does not fail
		if !of.IsZero() {
			return f, nil
		}
		requested, observed := schemas.Match(f, q.Type, r), schemas.Match(f, q.Type, below)
		if requested == observed {
			return f, nil
		}
		var always scim.Filter = scim.Present{Attr: scim.AttrPath{Name: "id"}}
		if c, ok := f.(scim.Compare); ok && c.Op == scim.Ne {
			return scim.Not{Term: always}, nil
		}
		return always, nil
	})
	return schemas.Match(decided, q.Type, r)
}

// BlankEnded reports whether a filter compares with a text that has blanks at its ends. The
// directory below may show such a text without them, so such a filter is not decided there.
func BlankEnded(f scim.Filter) bool {
	found := false
	_, _ = scim.MapFilter(f, func(_ scim.AttrPath, f scim.Filter) (scim.Filter, error) {
		if c, ok := f.(scim.Compare); ok && document.IsText(c.Value) {
			text := document.Text(c.Value)
			found = found || document.Trim(text) != text
		}
		return f, nil
	})
	return found
}

// widened returns a filter for the directory below that selects all that the term does, or nil: a
// text with blanks at its ends may be stored with or without them.
func widened(term scim.Filter) scim.Filter {
	if !BlankEnded(term) {
		return term
	}
	c, ok := term.(scim.Compare)
	if !ok || c.Op != scim.Eq {
		return nil
	}
	trimmed := c
	trimmed.Value = document.Quote(document.Trim(document.Text(c.Value)))
	return scim.Or{Terms: []scim.Filter{c, trimmed}}
}
