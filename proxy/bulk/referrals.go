package bulk

import (
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// referrals visits the references in a call. visit gets the attribute, the bulkId, and whether a
// URI belongs there. It returns the JSON string that replaces the reference; "" leaves it.
type referrals struct {
	t     scim.ResourceType
	visit func(at scim.AttrPath, bulkID string, uri bool) (string, error)
}

func (w referrals) call(c protocol.Call) (protocol.Call, error) {
	var err error
	switch c := c.(type) {
	case protocol.Create:
		c.Body, err = w.body(c.Body)
		return c, err
	case protocol.Replace:
		c.Body, err = w.body(c.Body)
		return c, err
	case protocol.Patch:
		ops := make([]scim.Op, len(c.Ops))
		for i, op := range c.Ops {
			if ops[i], err = w.op(op); err != nil {
				return c, err
			}
		}
		c.Ops = ops
		return c, nil
	default:
		return c, nil
	}
}

func (w referrals) body(r scim.Resource) (scim.Resource, error) {
	raw, err := w.object("", r.String())
	if err != nil || raw == r.String() {
		return r, err
	}
	return document.Part(raw)
}

// object visits a resource, or one extension of it.
func (w referrals) object(urn, raw string) (string, error) {
	if !mayRefer(raw) {
		return raw, nil
	}
	return each(raw, func(name, raw string) (string, error) {
		if urn == "" && strings.Contains(name, ":") {
			return w.object(name, raw)
		}
		return w.attribute(scim.AttrPath{URN: urn, Name: name}, raw)
	})
}

// mayRefer is a cheap test that skips most values. The prefix may be written with escapes.
func mayRefer(raw string) bool {
	return strings.Contains(raw, bulkPrefix) || strings.Contains(raw, `\`)
}

// each replaces the members of an object. Unchanged members and other values stay byte for byte.
func each(raw string, change func(name, raw string) (string, error)) (string, error) {
	r, err := document.Part(raw)
	if err != nil {
		return raw, nil //nolint:nilerr // only objects have members
	}
	var failed error
	changed := r.Map(func(name, raw string) (string, string) {
		if failed == nil {
			raw, failed = change(name, raw)
		}
		return name, raw
	})
	return changed.String(), failed
}

// holds reports whether an attribute holds references.
func (w referrals) holds(at scim.AttrPath) bool {
	def, known := scim.CoreSchemas().Lookup(w.t, at.Top())
	if !known {
		return at.URN != ""
	}
	_, refers := def.Sub("$ref")
	return refers && def.Mutability != "readOnly"
}

func (w referrals) attribute(at scim.AttrPath, raw string) (string, error) {
	if !w.holds(at) || !mayRefer(raw) {
		return raw, nil
	}
	return w.values(at, raw)
}

// values visits a value, or each element of a list, in which the text itself may be a reference.
func (w referrals) values(at scim.AttrPath, raw string) (string, error) {
	switch {
	case document.IsText(raw):
		return w.text(at, raw)
	case document.IsArray(raw):
		es, changed := document.Elements(raw), false
		for i, e := range es {
			now, err := w.values(at, e)
			if err != nil {
				return raw, err
			}
			changed = changed || now != e
			es[i] = now
		}
		if changed {
			return document.Array(es), nil
		}
		return raw, nil
	}
	return each(raw, func(name, raw string) (string, error) {
		if document.IsText(raw) && !referring(name) {
			return raw, nil
		}
		return w.values(at.With(name), raw)
	})
}

// referring reports whether a sub-attribute can hold a reference.
func referring(sub string) bool {
	return strings.EqualFold(sub, "value") || strings.EqualFold(sub, "$ref")
}

func (w referrals) text(at scim.AttrPath, raw string) (string, error) {
	id, ok := Reference(document.Text(raw))
	if !ok {
		return raw, nil
	}
	now, err := w.visit(at, id, strings.EqualFold(at.Sub, "$ref"))
	if err != nil || now == "" {
		return raw, err
	}
	return now, nil
}

func (w referrals) op(op scim.Op) (scim.Op, error) {
	var err error
	switch at := op.Path.AttrPath; {
	case at.Name == "": // no path, or a whole extension
		op.Value, err = w.object(at.URN, op.Value)
		return op, err
	case !w.holds(at):
		return op, nil
	case op.Path.Sub == "" || referring(op.Path.Sub):
		if op.Value, err = w.values(at, op.Value); err != nil {
			return op, err
		}
	}
	if op.Path.Filter != nil {
		op.Path.Filter, err = w.filter(op.Path.Top(), op.Path.Filter)
	}
	return op, err
}

// filter visits a filter on the elements of an attribute.
func (w referrals) filter(at scim.AttrPath, f scim.Filter) (scim.Filter, error) {
	return scim.MapFilter(f, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) {
		c, ok := f.(scim.Compare)
		if !ok || !of.IsZero() || !referring(c.Attr.Name) || !document.IsText(c.Value) {
			return f, nil
		}
		var err error
		c.Value, err = w.text(at.With(c.Attr.Name), c.Value)
		return c, err
	})
}
