package scim

import (
	"strings"

	"keycloak-scim-proxy/proxy/scim/document"
)

// removeValues removes the values that the operation names. RFC 7644 defines no value for remove,
// but clients send one instead of a filter: a plain value, an object with a "value" and perhaps a
// "type", or an object whose members are all those of the element. An empty list names no value.
func (e edit) removeValues(v *document.Node) error {
	n := namedValues{edit: e, byValue: map[string][]string{}}
	for given := range document.Values(e.op.Value) {
		if err := n.add(given); err != nil {
			return err
		}
	}
	l := v.Values()
	if err := e.p.look(len(l.Elements) * (1 + len(n.byMembers))); err != nil {
		return err
	}
	l.Drop(func(one document.Element) bool { return n.names(one) })
	return nil
}

// namedValues are the values that an operation names.
type namedValues struct {
	edit
	byValue   map[string][]string // the types that are named with a value; "" is any
	byMembers [][]document.Member // the members of objects without a value
}

func (n *namedValues) add(given string) error {
	if !document.IsObject(given) {
		if document.IsArray(given) || document.Unassigned(given) || given == `""` {
			return InvalidValue("remove: the value does not say which of the values of %s", n.op.Path.Top())
		}
		n.byValue[n.key(given)] = append(n.byValue[n.key(given)], "")
		return nil
	}
	if value := document.Lookup(given, "value"); !document.Unassigned(value) {
		kind := strings.ToLower(document.Text(document.Lookup(given, "type")))
		n.byValue[n.key(value)] = append(n.byValue[n.key(value)], kind)
		return nil
	}
	var members []document.Member
	for m := range document.Members(given) {
		if !document.Unassigned(m.Raw) {
			members = append(members, m)
		}
	}
	if len(members) == 0 {
		return InvalidValue("remove: the value does not say which of the values of %s", n.op.Path.Top())
	}
	n.byMembers = append(n.byMembers, members)
	return nil
}

func (n *namedValues) names(one document.Element) bool {
	value := sub(&one.Node, "value")
	for _, kind := range n.byValue[n.key(value)] {
		if value != "" && (kind == "" || strings.EqualFold(kind, document.Text(one.Text("type")))) {
			return true
		}
	}
	for _, members := range n.byMembers {
		all := true
		for _, m := range members {
			all = all && n.same(m.Name, one.Text(m.Name), m.Raw)
		}
		if all {
			return true
		}
	}
	return false
}

// key is one spelling of a value that compares as the attribute does.
func (n *namedValues) key(raw string) string {
	def, _ := n.def.Sub("value")
	if n.def.Type != "complex" {
		def = n.def
	}
	if document.IsText(raw) && !def.CaseExact {
		return strings.ToLower(document.Text(raw))
	}
	return document.Canonical(raw)
}

func (n *namedValues) same(name, have, want string) bool {
	def, _ := n.def.Sub(name)
	if document.IsText(have) && document.IsText(want) && !def.CaseExact {
		return strings.EqualFold(document.Text(have), document.Text(want))
	}
	return document.Same(have, want)
}
