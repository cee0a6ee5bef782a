package listing

import (
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/scim"
)

// resolve brings a filter's names into the spelling of the schema and refuses what cannot be meant: unknown core names, and literals of
// another type than the attribute.
func (d *Directory) resolve(t scim.ResourceType, f scim.Filter) (scim.Filter, error) {
	switch f := f.(type) {
	case scim.Compare:
		attr, def, err := d.name(t, f.Attr)
		if err == nil {
			err = fits(def, f)
		}
		f.Attr = attr
		return f, err
	case scim.Present:
		attr, _, err := d.name(t, f.Attr)
		return scim.Present{Attr: attr}, err
	case scim.And:
		terms, err := d.all(t, f.Terms)
		return scim.And{Terms: terms}, err
	case scim.Or:
		terms, err := d.all(t, f.Terms)
		return scim.Or{Terms: terms}, err
	case scim.Not:
		inner, err := d.resolve(t, f.Term)
		return scim.Not{Term: inner}, err
	case scim.Within:
		attr, _, err := d.name(t, f.Attr)
		if err != nil {
			return f, err
		}
		scim.Attributes(f.Filter, func(in scim.AttrPath) {
			if _, _, wrong := d.name(t, attr.With(in.Name)); wrong != nil && err == nil {
				err = wrong
			}
		})
		return scim.Within{Attr: attr, Filter: f.Filter}, err
	}
	return f, nil
}

func (d *Directory) all(t scim.ResourceType, terms []scim.Filter) ([]scim.Filter, error) {
	out := make([]scim.Filter, len(terms))
	for i, term := range terms {
		var err error
		if out[i], err = d.resolve(t, term); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *Directory) name(t scim.ResourceType, p scim.AttrPath) (scim.AttrPath, scim.Attribute, error) {
	if p.Name == "" {
		return p, scim.Attribute{}, scim.InvalidFilter("%s is not an attribute", p)
	}
	top, ok := d.schemas.Lookup(t, p.Top())
	if !ok {
		if p.URN != "" {
			return p, scim.Attribute{}, nil // an extension may have any attribute
		}
		return p, top, scim.InvalidFilter("%s has no attribute %q", t, p.Name)
	}
	p.Name = top.Name
	if p.Sub == "" {
		if top.Type == "complex" && top.MultiValued {
			p.Sub = "value"
			top, _ = top.Sub("value")
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

// fits refuses a literal of the wrong type, and an operator that the type does not have (RFC 7644 section 3.4.2.2).
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
		if _, err := time.Parse(time.RFC3339, scim.Text(f.Value)); err != nil || !scim.IsText(f.Value) {
			return scim.InvalidFilter("%s is compared with a date and time (RFC 3339)", f.Attr)
		}
		if strings.Contains("co sw ew", string(f.Op)) {
			return scim.InvalidFilter("%s is a date: %s does not apply", f.Attr, f.Op)
		}
	case "string", "reference", "binary":
		if !scim.IsText(f.Value) {
			return scim.InvalidFilter("%s is compared with a quoted string", f.Attr)
		}
	}
	return nil
}
