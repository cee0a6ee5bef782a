package protocol

import (
	"maps"
	"net/url"
	"slices"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Message is a request while the rules of a dialect run. They change Body, not Request.Body.
type Message struct {
	Request
	Schemas scim.Schemas
	// Body is the JSON object in the body, or nil if there is none. It has the Operations of a
	// PATCH until the first operation hook runs.
	Body *scim.Object

	operations []*Operation
	split      bool // the operations were parsed from the body
	edited     bool // an operation, or their list, was changed
	filter     parsedFilter
}

// Writes reports whether the request has a whole resource as its body.
func (m *Message) Writes() bool { return m.Method == "POST" || m.Method == "PUT" }

// Creates reports whether the request creates a resource of a type.
func (m *Message) Creates(t scim.ResourceType) bool {
	return m.Method == "POST" && m.Type == t && m.ID == ""
}

// Filter returns the filter of a query, or nil if there is none or it is not valid.
func (m *Message) Filter() scim.Filter {
	if text := m.FilterText(); text != m.filter.text {
		f, err := scim.ParseFilter(text)
		if m.filter = (parsedFilter{text: text}); err == nil {
			m.filter.filter = f
		}
	}
	return m.filter.filter
}

// FilterText returns the filter of a query as written.
func (m *Message) FilterText() string {
	if m.Method != "GET" {
		return ""
	}
	return m.Query.Get("filter")
}

// SetFilter replaces the filter of a query and reports whether it changed. The original query
// values do not change.
func (m *Message) SetFilter(text string) bool {
	if text == m.FilterText() {
		return false
	}
	q := url.Values{}
	maps.Copy(q, m.Query)
	q.Set("filter", text)
	m.Query = q
	return true
}

// parsedFilter is a filter with the text that it was parsed from; nil if the text is not valid.
type parsedFilter struct {
	text   string
	filter scim.Filter
}

// BecomePatch makes the request a PATCH with these operations.
func (m *Message) BecomePatch(ops ...*Operation) {
	m.Method, m.operations, m.split, m.edited = "PATCH", ops, true, true
	m.Body = document.NewObject()
	m.Body.Put("schemas", patchSchemas)
	m.Body.Put("Operations", "[]")
}

// ShapePatch gives the body of a PATCH its standard members, schemas and Operations, and makes
// Operations a list. It reports whether the body changed.
func (m *Message) ShapePatch() bool {
	if m.Method != "PATCH" || m.Body == nil {
		return false
	}
	raw := m.Body.Raw("Operations")
	if raw == "" {
		return false
	}
	switch {
	case document.IsObject(raw) && !m.split:
		raw = document.Array([]string{raw})
	case slices.Equal(m.Body.Names(), []string{"schemas", "Operations"}) && document.Same(m.Body.Raw("schemas"), patchSchemas):
		return false
	}
	m.Body = document.NewObject()
	m.Body.Put("schemas", patchSchemas)
	m.Body.Put("Operations", raw)
	return true
}

const patchSchemas = `["` + scim.PatchURN + `"]`
