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

// column is a cell of the header: a SCIM path such as userName, name.givenName, emails.value,
// emails[type eq "home"].value or urn:…:enterprise:2.0:User:department. The zero column is ignored.
type column struct {
	path scim.Path
	def  scim.Attribute // the top-level attribute; zero if no schema defines it
	kind string         // SCIM type of the values
	// label is the sub-attribute that the path's filter compares, and value the JSON that it
	// compares it with. Both are empty without a filter.
	label, value string
}

type columns []column

// errPassword refuses passwords: if an import dropped them silently, users could not log in.
var errPassword = errors.New("passwords are not imported; leave them out")

// readHeader reads the header. The error names the first column that is wrong. A column whose name
// begins with "#" is ignored.
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
			return nil, fmt.Errorf("column %q is there twice; remove one or begin its name with #", name)
		}
		seen[key] = true
		out = append(out, c)
	}
	if !slices.ContainsFunc(out, func(c column) bool { return c.path.Is(scim.AttrPath{Name: "userName"}) }) {
		return nil, errors.New("there is no column userName; add it to the header")
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
		return c, fmt.Errorf("it names a whole extension; name one of its attributes, as in %s:ATTRIBUTE", name)
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
		return c, fmt.Errorf("%s is a list of simple values, which CSV cannot express; use JSON lines", p.Name)
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

// user builds the resource of a row. An empty cell leaves its attribute out. Cells of a
// multi-valued attribute that have the same filter, or no filter, form one value. If a cell is
// wrong, user returns its error and the resource without that cell.
func (cs columns) user(record []string) (user scim.Resource, err error) {
	user = document.Must("{}")
	elements := map[string]scim.Resource{}
	var order []column
	for i, c := range cs {
		cell := strings.TrimSpace(record[i])
		if cell == "" || c.path.IsZero() {
			continue
		}
		raw, cellErr := c.json(cell)
		if cellErr != nil {
			err = cellErr
			continue
		}
		if !c.def.MultiValued {
			user = user.Set(c.path.AttrPath, raw)
			continue
		}
		e, exists := elements[c.element()]
		if !exists {
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

// json returns the JSON of a cell, in the column's type.
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

// element returns a key for the value that the column contributes to. Columns with the same key
// contribute to the same value of a multi-valued attribute.
func (c column) element() string {
	return strings.ToLower(c.path.Top().String() + "[" + c.label + " " + c.value)
}
