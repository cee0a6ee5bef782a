package adapters

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// manager is where RFC 7643 section 4.3 has it.
var manager = scim.AttrPath{URN: scim.EnterpriseURN, Name: "manager"}

// managerForms is R13.
func managerForms() scim.Rule {
	return scim.Rule{
		Name:   "manager-forms",
		Says:   `A manager is the enterprise extension's manager.value, also where it comes without its URN, as a plain id, in an array, or as managerId; "" and null mean that there is none.`,
		Source: `Entra sends "manager" with an array (entra-docs) and a plain id or "" to its URN (2026 validation, SCIMReferenceCode); OneLogin's template has managerId (developers.onelogin.com/scim/define-user-schema)`,
		Apply: func(_ scim.Schemas, w scim.Wire) (scim.Wire, bool) {
			switch {
			case w.Type != scim.User:
			case isWrite(w):
				return reshape(w, managerInBody)
			case w.Method == "PATCH":
				return eachOp(w, managerInOp)
			default:
				return eachTerm(w, func(at scim.AttrPath, c scim.Compare) scim.Compare {
					if isManager(at) && at.Sub == "" {
						c.Attr = manager.With("value")
					}
					return c
				})
			}
			return w, false
		},
	}
}

func isManager(p scim.AttrPath) bool {
	return strings.EqualFold(p.Name, manager.Name) && (p.URN == "" || strings.EqualFold(p.URN, manager.URN))
}

func managerInBody(r scim.Resource) scim.Resource {
	extension, known := object(r.Raw(scim.EnterpriseURN))
	if bare := r.Raw(manager.Name); bare != "" {
		r = r.Without(manager.Name)
		if extension.Raw(manager.Name) == "" {
			extension, known = extension.With(manager.Name, bare), true
		}
	}
	if raw := extension.Raw(manager.Name); known && raw != "" {
		r = r.With(scim.EnterpriseURN, extension.With(manager.Name, managerValue(raw)).String())
	}
	return r
}

func managerInOp(op scim.Resource) []scim.Resource {
	p, err := scim.ParsePath(scim.Text(op.Raw("path")))
	if err != nil || p.Filter != nil || !isManager(p.AttrPath) {
		return []scim.Resource{op}
	}
	value := op.Raw("value")
	p.URN, p.Name = manager.URN, manager.Name
	if p.Sub == "" {
		value = managerValue(value)
	}
	op = op.With("path", scim.Quote(p.String()))
	switch none := p.Sub == "" && value == "null" || strings.EqualFold(p.Sub, "value") && isEmpty(value); {
	case scim.Text(op.Raw("op")) == "remove":
	case none && scim.Text(op.Raw("op")) == "replace":
		op = op.With("op", `"remove"`).With("path", scim.Quote(manager.String())).With("value", "")
	case value != "":
		op = op.With("value", value)
	}
	return []scim.Resource{op}
}

// managerValue is {"value": id}, or null; what is neither of the known forms stays as it is.
func managerValue(raw string) string {
	if strings.HasPrefix(raw, "[") {
		switch es := scim.Elements(raw); len(es) {
		case 0:
			return "null"
		case 1:
			raw = es[0]
		}
	}
	if isEmpty(raw) && raw != "" {
		return "null"
	}
	if scim.IsText(raw) {
		return scim.Must("{}").With("value", raw).String()
	}
	o, ok := object(raw)
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

func isEmpty(raw string) bool { return scim.Unassigned(raw) || raw == `""` }
