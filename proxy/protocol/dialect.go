package protocol

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Rule is one named, pure step of a dialect: what it says and where that is known from. It has one
// or more hooks. A hook gets the request as it was parsed once, with the changes of the rules before
// it.
type Rule struct {
	Name, Says, Source string
	// Request changes the request as a whole: its method, its query, what is wanted. It reports
	// whether it changed anything.
	Request func(m *Message) bool
	// Body changes the resource of a POST or PUT.
	Body func(m *Message, body *scim.Object)
	// Operation changes an operation of a PATCH. It returns what takes its place: the operation
	// itself, several, or none.
	Operation func(m *Message, op *Operation) []*Operation
	// Term changes a comparison in the filter of a query, or in the value filter of a PATCH path.
	// at is the whole path of what is compared; c.Attr is the path as it is written.
	Term func(m *Message, at scim.AttrPath, c scim.Compare) scim.Compare
}

// Dialect is what an identity provider's requests mean, as an ordered list of rules.
type Dialect struct {
	Name  string
	Rules []Rule
}

// Normalise runs the rules on a request, and returns the request in standard form with the names of
// the rules that changed it. What no rule changes stays byte for byte, and the request that is given
// does not change.
func (d Dialect) Normalise(s scim.Schemas, w Request) (Request, []string) {
	m := &Message{Request: w, Schemas: s}
	m.parse()
	var fired []string
	for _, r := range d.Rules {
		if m.run(r) {
			fired = append(fired, r.Name)
		}
	}
	m.write()
	return m.Request, fired
}

// Message is a request while the rules of a dialect run. Its body is parsed already: Request.Body is
// written when all rules have run.
type Message struct {
	Request
	Schemas scim.Schemas
	// Body is the JSON object in the body; nil if there is none. The Operations of a PATCH are in
	// it until the first operation hook runs.
	Body *scim.Object

	operations []*Operation
	split      bool // the operations were taken out of the body
	edited     bool // the list of operations, or one of them, was changed
	filter     parsedFilter
}

// Writes reports whether the request carries a whole resource.
func (m *Message) Writes() bool { return m.Method == "POST" || m.Method == "PUT" }

// Creates reports whether the request creates a resource of a type.
func (m *Message) Creates(t scim.ResourceType) bool {
	return m.Method == "POST" && m.Type == t && m.ID == ""
}

// Filter is the filter of a query, or nil if there is none or it is not valid.
func (m *Message) Filter() scim.Filter {
	if text := m.FilterText(); text != m.filter.text {
		f, err := scim.ParseFilter(text)
		if m.filter = (parsedFilter{text: text}); err == nil {
			m.filter.filter = f
		}
	}
	return m.filter.filter
}

// FilterText is the filter of a query as it is written.
func (m *Message) FilterText() string {
	if m.Method != "GET" {
		return ""
	}
	return m.Query.Get("filter")
}

// SetFilter replaces the filter of a query. It reports whether that is a change. The query that was
// given does not change.
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

// parsedFilter is a filter with the text that it was read from; nil if that is not a filter.
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

// ShapePatch gives the body of a PATCH its standard members: schemas and Operations, which is a
// list. It reports whether that is a change.
func (m *Message) ShapePatch() bool {
	if m.Method != "PATCH" || m.Body == nil {
		return false
	}
	raw := m.Body.Raw("Operations")
	if raw == "" {
		return false
	}
	changed := false
	if document.IsObject(raw) && !m.split {
		raw, changed = document.Array([]string{raw}), true
	}
	standard := slices.Equal(m.Body.Names(), []string{"schemas", "Operations"}) && document.Same(m.Body.Raw("schemas"), patchSchemas)
	if changed || !standard {
		m.Body = document.NewObject()
		m.Body.Put("schemas", patchSchemas)
		m.Body.Put("Operations", raw)
		return true
	}
	return false
}

const patchSchemas = `["` + scim.PatchURN + `"]`

func (m *Message) parse() {
	if r, err := scim.Part(strings.TrimSpace(string(m.Request.Body))); err == nil {
		m.Body = r.Object()
	}
}

// write puts what was changed into the request.
func (m *Message) write() {
	if m.Body == nil {
		return
	}
	if m.edited {
		texts := make([]string, len(m.operations))
		for i, op := range m.operations {
			texts[i] = op.String()
		}
		m.Body.Put("Operations", document.Array(texts))
	}
	if m.Body.Changed() {
		m.Request.Body = []byte(m.Body.String())
	}
}

// run reports whether the rule changed anything.
func (m *Message) run(r Rule) bool {
	fired := r.Request != nil && r.Request(m)
	if r.Term != nil {
		fired = m.terms(r) || fired
	}
	switch {
	case m.Body == nil:
	case m.Method == "PATCH":
		if r.Operation != nil || r.Term != nil {
			fired = m.patch(r) || fired
		}
	case m.Writes() && r.Body != nil:
		before := m.Body.Edits()
		r.Body(m, m.Body)
		fired = m.Body.Edits() != before || fired
	}
	return fired
}

// terms runs a rule on the filter of a query.
func (m *Message) terms(r Rule) bool {
	f := m.Filter()
	if f == nil {
		return false
	}
	changed := m.mapTerms(r, f).String()
	return changed != f.String() && m.SetFilter(changed)
}

func (m *Message) mapTerms(r Rule, f scim.Filter) scim.Filter {
	out, _ := scim.MapFilter(f, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) { // the function does not fail
		c, ok := f.(scim.Compare)
		switch {
		case !ok:
			return f, nil
		case of.IsZero():
			return r.Term(m, c.Attr, c), nil
		}
		return r.Term(m, of.With(c.Attr.Name), c), nil
	})
	return out
}

// patch runs a rule on each operation.
func (m *Message) patch(r Rule) bool {
	if !m.splitOperations() {
		return false
	}
	fired := false
	next := make([]*Operation, 0, len(m.operations))
	for _, op := range m.operations {
		if op.Object == nil { // not an object: it is left for the strict reader to refuse
			next = append(next, op)
			continue
		}
		before := op.Edits()
		if p, ok := op.Path(); ok && p.Filter != nil && r.Term != nil {
			was := p.String()
			if w, ok := m.mapTerms(r, scim.Within{Attr: p.Top(), Filter: p.Filter}).(scim.Within); ok {
				p.Filter = w.Filter
			}
			if p.String() != was {
				op.SetPath(p)
			}
		}
		became := []*Operation{op}
		if r.Operation != nil {
			became = r.Operation(m, op)
		}
		fired = fired || len(became) != 1 || became[0] != op || op.Edits() != before
		next = append(next, became...)
	}
	m.operations, m.edited = next, m.edited || fired
	return fired
}

// splitOperations reports whether the body has a list of operations.
func (m *Message) splitOperations() bool {
	if m.split {
		return true
	}
	raw := m.Body.Raw("Operations")
	if !document.IsArray(raw) {
		return false
	}
	m.split = true
	for e := range document.Values(raw) {
		m.operations = append(m.operations, parseOperation(e))
	}
	return true
}
