package adapters

import (
	"cmp"
	"strings"

	"keycloak-scim-proxy/adapters/forms"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// manager is the path of a user's manager (RFC 7643 section 4.3).
var manager = scim.AttrPath{URN: scim.EnterpriseURN, Name: "manager"}

func managerForms() protocol.Rule {
	return protocol.Rule{
		Name:   "manager-forms",
		Says:   `A manager is the enterprise extension's manager.value, also where it comes without its URN, as a plain id, in an array, as managerId, or as manager[value eq "id"] without a value; "" and null mean that there is none.`,
		Source: `Entra sends "manager" with an array (entra-docs) and a plain id or "" to its URN (2026 validation, SCIMReferenceCode); OneLogin's template has managerId (developers.onelogin.com/scim/define-user-schema)`,
		Body: func(m *protocol.Message, body *scim.Object) {
			if m.Type == scim.User {
				managerInBody(body)
			}
		},
		Operation: forms.InPlace(func(m *protocol.Message, op *protocol.Operation) {
			if m.Type == scim.User {
				managerInOp(op)
			}
		}),
		Request: func(m *protocol.Message) bool {
			f := m.Filter()
			if f == nil || m.Type == scim.Group {
				return false
			}
			named := managerInFilter(f).String()
			return named != f.String() && m.SetFilter(named)
		},
	}
}

// managerInFilter names the extension and the sub-attribute.
func managerInFilter(f scim.Filter) scim.Filter {
	named := func(p scim.AttrPath) scim.AttrPath {
		if !isManager(p) {
			return p
		}
		return manager.With(cmp.Or(p.Sub, "value"))
	}
	out, _ := scim.MapFilter(f, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) { // the function does not fail
		switch t := f.(type) {
		case scim.Compare:
			if of.IsZero() {
				t.Attr = named(t.Attr)
			}
			return t, nil
		case scim.Present:
			if of.IsZero() {
				t.Attr = named(t.Attr)
			}
			return t, nil
		case scim.Within:
			if isManager(t.Attr) {
				t.Attr = manager
			}
			return t, nil
		case scim.And, scim.Or, scim.Not:
		}
		return f, nil
	})
	return out
}

func isManager(p scim.AttrPath) bool {
	return strings.EqualFold(p.Name, manager.Name) && (p.URN == "" || strings.EqualFold(p.URN, manager.URN))
}

func managerInBody(body *scim.Object) {
	extension, known := forms.Object(body.Raw(scim.EnterpriseURN))
	if bare := body.Raw(manager.Name); bare != "" {
		body.Put(manager.Name, "")
		if extension.Raw(manager.Name) == "" {
			extension, known = extension.With(manager.Name, bare), true
		}
	}
	if raw := extension.Raw(manager.Name); known && raw != "" {
		body.Put(scim.EnterpriseURN, extension.With(manager.Name, managerValue(raw)).String())
	}
}

func managerInOp(op *protocol.Operation) {
	p, ok := op.Path()
	if !ok || !isManager(p.AttrPath) {
		return
	}
	value := op.Value()
	p.URN, p.Name = manager.URN, manager.Name
	if id, ok := p.Filter.(scim.Compare); ok && value == "" && p.Sub == "" && op.Kind() != scim.Remove && id.Op == scim.Eq && id.Attr.Is(scim.AttrPath{Name: "value"}) {
		p.Filter, value = nil, id.Value
	}
	if p.Sub == "" {
		value = managerValue(value)
	}
	op.SetPath(p)
	switch none := p.Sub == "" && value == "null" || strings.EqualFold(p.Sub, "value") && isEmpty(value); {
	case op.Kind() == scim.Remove:
	case none && op.Kind() == scim.ReplaceAll:
		op.SetKind(scim.Remove)
		p.Sub = ""
		op.SetPath(p)
		op.SetValue("")
	case value != "":
		op.SetValue(value)
	}
}

// managerValue returns {"value": id} or null. A value of an unknown form stays as it is.
func managerValue(raw string) string {
	if es := document.Elements(raw); len(es) == 1 {
		raw = es[0]
	}
	if isEmpty(raw) && raw != "" {
		return "null"
	}
	if document.IsText(raw) {
		return document.Must("{}").With("value", raw).String()
	}
	o, ok := forms.Object(raw)
	if !ok {
		return raw
	}
	o = o.Map(func(name, raw string) (string, string) {
		if strings.EqualFold(name, "managerId") {
			name = "value"
		}
		return name, raw
	})
	if id := o.Raw("value"); id != "" && isEmpty(id) {
		return "null"
	}
	return o.String()
}
