package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// column is a header cell: a SCIM path such as userName, name.givenName, emails.value, emails[type eq "home"].value or
// urn:…:enterprise:2.0:User:department.
type column struct {
	path  scim.Path
	def   scim.Attribute
	kind  string // type of its values
	label string // sub-attribute that the filter names, with its value
	value string
}

type columns []column

// errPassword: what is dropped without a word would be missed too late.
var errPassword = errors.New("passwords are not imported; leave them out")

// readHeader understands all columns or tells what is wrong with one. A column that begins with "#" is ignored.
func readHeader(schemas scim.Schemas, cells []string) (columns, error) {
	var out columns
	seen := map[string]bool{}
	for _, cell := range cells {
		name := strings.TrimSpace(cell)
		if strings.HasPrefix(name, "#") {
			out = append(out, column{})
			continue
		}
		c, err := readColumn(schemas, name)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", name, err)
		}
		key := c.element() + strings.ToLower(c.path.Sub)
		if seen[key] {
			return nil, fmt.Errorf("column %q is there twice", name)
		}
		seen[key] = true
		out = append(out, c)
	}
	if !slices.ContainsFunc(out, func(c column) bool { return c.path.Is(scim.AttrPath{Name: "userName"}) }) {
		return nil, errors.New("there is no column userName")
	}
	return out, nil
}

func readColumn(schemas scim.Schemas, name string) (column, error) {
	p, err := scim.ParsePath(name)
	if err != nil {
		return column{}, fmt.Errorf("it is not a SCIM path: %s", scim.AsError(err).Detail)
	}
	c := column{path: p}
	if p.Name == "" {
		return c, errors.New("it names a whole extension")
	}
	var known bool
	if c.def, known = schemas.Lookup(scim.User, p.Top()); !known && !schemas.Open(scim.User, p.AttrPath) {
		return c, fmt.Errorf("a user has no attribute %s", p.Top())
	}
	leaf := c.def
	if p.Sub != "" && known {
		if leaf, known = c.def.Sub(p.Sub); !known {
			return c, fmt.Errorf("%s has no sub-attribute %s", p.Name, p.Sub)
		}
	}
	switch {
	case c.def.Mutability == "readOnly" || leaf.Mutability == "readOnly":
		return c, errors.New("the server sets it itself; put a # before its name to leave it out")
	case leaf.Returned == "never":
		return c, errPassword
	case leaf.Type == "complex":
		return c, fmt.Errorf("it needs a sub-attribute, as in %s.value", p.Name)
	case c.def.MultiValued && c.def.Type != "complex":
		return c, fmt.Errorf("%s cannot be imported from CSV", p.Name)
	}
	c.kind = leaf.Type
	if p.Filter == nil {
		return c, nil
	}
	f, ok := p.Filter.(scim.Compare)
	if !ok || f.Op != scim.Eq || !c.def.MultiValued || p.Sub == "" {
		return c, errors.New(`a filter is of the form emails[type eq "home"].value`)
	}
	c.label, c.value = f.Attr.Name, f.Value
	return c, nil
}

// user makes a row's resource. An empty cell says nothing about its attribute. Cells of a multi-valued attribute with the same filter, or
// without one, make one value of it.
func (cs columns) user(record []string) (user scim.Resource, err error) {
	user = document.Must("{}")
	elements := map[string]scim.Resource{}
	var order []column
	for i, c := range cs {
		cell := strings.TrimSpace(record[i])
		if cell == "" || c.path.IsZero() {
			continue
		}
		raw, wrong := c.json(cell)
		if wrong != nil {
			err = wrong
			continue
		}
		if !c.def.MultiValued {
			user = user.Set(c.path.AttrPath, raw)
			continue
		}
		e, begun := elements[c.element()]
		if !begun {
			order = append(order, c)
			if c.label != "" {
				e = e.With(c.label, c.value)
			}
		}
		elements[c.element()] = e.With(c.path.Sub, raw)
	}
	for _, c := range order {
		at := c.path.Top()
		user = user.Set(at, document.Array(append(document.Elements(user.Get(at)), elements[c.element()].String())))
	}
	return scim.WithSchemas(scim.User, user), err
}

// json is a cell's value in the column's type.
func (c column) json(cell string) (string, error) {
	switch c.kind {
	case "boolean":
		if raw := strings.ToLower(cell); raw == "true" || raw == "false" {
			return raw, nil
		}
		return "", fmt.Errorf("%s is neither true nor false", c.path)
	case "integer", "decimal":
		if _, err := strconv.ParseFloat(cell, 64); err == nil && json.Valid([]byte(cell)) {
			return cell, nil
		}
		return "", fmt.Errorf("%s is not a number", c.path)
	}
	return document.Quote(cell), nil
}

// element names the value of a multi-valued attribute that the column is a part of.
func (c column) element() string {
	return strings.ToLower(c.path.Top().String() + "[" + c.label + " " + c.value)
}
