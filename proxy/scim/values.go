package scim

import "keycloak-scim-proxy/proxy/scim/document"

// values adds values to a multi-valued attribute, or replaces them.
func (e edit) values(v *document.Node) error {
	given := document.Elements(e.op.Value)
	if e.op.Kind == ReplaceAll {
		*v = document.NewNode(document.Array(given))
		if e.def.Name == "" {
			return nil
		}
		return check(e.def, e.op.Path.Top(), v.String())
	}
	l := v.Values()
	if err := l.Index(func(bytes int) error { return e.p.look(1 + bytes/lookBytes) }); err != nil {
		return err
	}
	touched := make([]int, 0, len(given))
	for _, g := range given {
		if err := e.check(g); err != nil {
			return err
		}
		touched = append(touched, l.Add(g))
	}
	return e.onePrimary(l, touched)
}

// onePrimary sets primary to false on the other values if a changed value is primary (RFC 7644
// section 3.5.2).
func (e edit) onePrimary(l *document.List, touched []int) error {
	fresh := -1
	for _, i := range touched {
		if i == fresh || !l.Elements[i].Primary() {
			continue
		}
		if fresh >= 0 {
			return InvalidValue("more than one value is primary")
		}
		fresh = i
	}
	if fresh < 0 {
		return nil
	}
	if err := e.p.look(len(l.Elements)); err != nil {
		return err
	}
	for i := range l.Elements {
		if one := &l.Elements[i]; i != fresh && one.Primary() {
			one.SetMember("primary", "false")
			one.Forget()
			l.Touch()
		}
	}
	return nil
}
