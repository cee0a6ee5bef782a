package protocol

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Rule is a step of a dialect without side effects: its name, what it does, and the source of that.
// It has one or more hooks. A hook gets the parsed request with the changes of the rules before it.
type Rule struct {
	Name, Says, Source string
	// Request changes the request as a whole, such as its method, query or projection. It reports
	// whether it changed anything.
	Request func(m *Message) bool
	// Body changes the resource of a POST or PUT.
	Body func(m *Message, body *scim.Object)
	// Operation changes an operation of a PATCH. It returns the operations that replace it: itself,
	// several, or none.
	Operation func(m *Message, op *Operation) []*Operation
	// Term changes a comparison in the filter of a query, or in the value filter of a PATCH path.
	// at is the full path of the attribute; c.Attr is the path as written.
	Term func(m *Message, at scim.AttrPath, c scim.Compare) scim.Compare
}

// Dialect is an ordered list of rules that turn an identity provider's requests into standard SCIM.
type Dialect struct {
	Name  string
	Rules []Rule
}

// Normalise runs the rules on a request. It returns the request in standard form and the names of
// the rules that changed it. Parts that no rule changes stay the same byte for byte. w does not
// change.
func (d Dialect) Normalise(s scim.Schemas, w Request) (Request, []string) {
	body, _ := scim.Part(strings.TrimSpace(string(w.Body))) // others have no hooks
	m, fired := d.apply(s, w, body)
	if m.Body != nil && m.Body.Changed() {
		m.Request.Body = []byte(m.Body.String())
	}
	return m.Request, fired
}

// apply runs the rules on a request and its parsed body, if it is an object.
func (d Dialect) apply(s scim.Schemas, w Request, body scim.Resource) (m *Message, fired []string) {
	m = &Message{Request: w, Schemas: s}
	if !body.IsZero() {
		m.Body = body.Object()
	}
	for _, r := range d.Rules {
		if m.run(r) {
			fired = append(fired, r.Name)
		}
	}
	if m.edited {
		texts := make([]string, len(m.operations))
		for i, op := range m.operations {
			texts[i] = op.String()
		}
		m.Body.Put("Operations", document.Array(texts))
	}
	return m, fired
}

// run runs a rule and reports whether it changed anything.
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
	out, _ := scim.MapFilter(f, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) { // it cannot fail
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

// patch runs a rule on each operation and reports whether it changed anything.
func (m *Message) patch(r Rule) bool {
	if !m.splitOperations() {
		return false
	}
	fired := false
	next := make([]*Operation, 0, len(m.operations))
	for _, op := range m.operations {
		if op.Object == nil { // not an object: Decode refuses it
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

// splitOperations parses the operations and reports whether the body has a list of them.
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
