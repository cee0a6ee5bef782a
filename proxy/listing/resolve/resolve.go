package resolve

import (
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Query replaces names by their spelling in the schema. It refuses unknown names in core schemas
// and literals of the wrong type. In an extension that is not declared, every name is valid,
// because Entra filters by an attribute before it has written one.
func Query(schemas scim.Schemas, q directory.Query) (directory.Query, error) {
	d := resolver{schemas}
	var err error
	if q.Filter != nil {
		if q.Filter, err = d.filter(q.Type, q.Filter); err != nil {
			return q, err
		}
	}
	if !q.Sort.By.IsZero() {
		var def scim.Attribute
		if q.Sort.By, def, err = d.name(q.Type, q.Sort.By); err != nil {
			return q, scim.InvalidValue("sortBy: %s", scim.AsError(err).Detail)
		}
		if def.Type == "complex" {
			return q, scim.InvalidValue("sortBy: %s is complex; name a sub-attribute", q.Sort.By)
		}
	}
	return q, nil
}

type resolver struct{ schemas scim.Schemas }

// filter resolves each name in a filter. The names inside attr[…] are sub-attributes of attr.
func (d resolver) filter(t scim.ResourceType, f scim.Filter) (scim.Filter, error) {
	return scim.MapFilter(f, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) {
		named := func(p scim.AttrPath) (scim.AttrPath, scim.Attribute, error) {
			if of.IsZero() {
				return d.name(t, p)
			}
			p, def, err := d.name(t, of.With(p.Name))
			return scim.AttrPath{Name: p.Sub}, def, err
		}
		var def scim.Attribute
		var err error
		switch f := f.(type) {
		case scim.Compare:
			if f.Attr, def, err = named(f.Attr); err == nil {
				err = fits(def, f)
			}
			if err == nil && def.Type == "dateTime" {
				f.Value = zoned(f.Value)
			}
			return f, err
		case scim.Present:
			f.Attr, _, err = named(f.Attr)
			return f, err
		case scim.Within:
			if !of.IsZero() {
				return f, scim.InvalidFilter("a value filter cannot contain another one")
			}
			f.Attr, _, err = named(f.Attr)
			f.Attr = f.Attr.Top()
			return f, err
		case scim.And, scim.Or, scim.Not:
		}
		return f, nil
	})
}

func (d resolver) name(t scim.ResourceType, p scim.AttrPath) (scim.AttrPath, scim.Attribute, error) {
	if p.Name == "" {
		return p, scim.Attribute{}, scim.InvalidFilter("%s is not an attribute", p)
	}
	top, ok := d.schemas.Lookup(t, p.Top())
	if !ok {
		if p.URN != "" {
			return p, scim.Attribute{}, nil
		}
		return p, top, scim.InvalidFilter("%s has no attribute %q", t, p.Name)
	}
	if top.Returned == "never" {
		return p, top, scim.InvalidFilter("%s is never returned, so it cannot be used in a query", top.Name)
	}
	p.Name = top.Name
	if p.Sub == "" {
		if value, ok := top.Sub("value"); ok && top.Type == "complex" {
			p.Sub, top = "value", value
		}
		return p, top, nil
	}
	sub, ok := top.Sub(p.Sub)
	if !ok && p.URN == "" {
		return p, sub, scim.InvalidFilter("%s has no sub-attribute %q", p.Name, p.Sub)
	}
	if ok {
		p.Sub = sub.Name
	}
	return p, sub, nil
}

// fits refuses a literal of the wrong type, and an operator that the type does not support (RFC
// 7644 section 3.4.2.2).
func fits(def scim.Attribute, f scim.Compare) error {
	if f.Value == "null" {
		if f.Op != scim.Eq && f.Op != scim.Ne {
			return scim.InvalidFilter("null can be compared with eq and ne only")
		}
		return nil
	}
	isBool := f.Value == "true" || f.Value == "false"
	switch def.Type {
	case "boolean":
		if !isBool || f.Op != scim.Eq && f.Op != scim.Ne {
			return scim.InvalidFilter("%s is a boolean: compare it with eq or ne, with true or false", f.Attr)
		}
	case "dateTime":
		if _, err := scim.ParseDateTime(document.Text(f.Value)); err != nil || !document.IsText(f.Value) {
			return scim.InvalidFilter("%s is compared with a date and time (RFC 3339)", f.Attr)
		}
		if strings.Contains("co sw ew", string(f.Op)) {
			return scim.InvalidFilter("%s is a date and time: %s does not apply", f.Attr, f.Op)
		}
	case "integer", "decimal":
		if isBool || document.IsText(f.Value) {
			return scim.InvalidFilter("%s is compared with a number", f.Attr)
		}
	case "complex":
		return scim.InvalidFilter("%s is complex; name a sub-attribute", f.Attr)
	case "string", "reference", "binary":
		if !document.IsText(f.Value) {
			return scim.InvalidFilter("%s is compared with a quoted string", f.Attr)
		}
	}
	return nil
}

// zoned returns a date and time with its zone, because the directory below needs one.
func zoned(raw string) string {
	t, err := scim.ParseDateTime(document.Text(raw))
	if _, has := time.Parse(time.RFC3339, document.Text(raw)); err != nil || has == nil {
		return raw
	}
	return document.Quote(t.Format(time.RFC3339Nano))
}
