package scim

import (
	"embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Attribute is an attribute definition (RFC 7643 section 7). In the schema files, empty texts stand
// for the defaults of the RFC, such as readWrite, default and none.
type Attribute struct {
	Name            string      `json:"name"`
	Type            string      `json:"type"`
	MultiValued     bool        `json:"multiValued"`
	Description     string      `json:"description"`
	Required        bool        `json:"required"`
	CaseExact       bool        `json:"caseExact"`
	Mutability      string      `json:"mutability"`
	Returned        string      `json:"returned"`
	Uniqueness      string      `json:"uniqueness"`
	CanonicalValues []string    `json:"canonicalValues,omitempty"`
	ReferenceTypes  []string    `json:"referenceTypes,omitempty"`
	SubAttributes   []Attribute `json:"subAttributes,omitempty"`
}

// Sub returns a sub-attribute.
func (a Attribute) Sub(name string) (Attribute, bool) { return pick(a.SubAttributes, name) }

// Settable is a value without readOnly sub-attributes, which are ignored (RFC 7644 section 3.3).
func (a Attribute) Settable(raw string) string {
	fixed := func(s Attribute) bool { return s.Mutability == "readOnly" }
	if a.Mutability == "readOnly" || !slices.ContainsFunc(a.SubAttributes, fixed) {
		return raw
	}
	leave := func(e string) string {
		if !document.IsObject(e) {
			return e
		}
		o := document.NewNode(e)
		o.Open().Map(func(name, raw string) (string, string) {
			if sub, _ := a.Sub(name); fixed(sub) {
				return "", ""
			}
			return name, raw
		})
		return o.String()
	}
	if !document.IsArray(raw) {
		return leave(raw)
	}
	es := document.Elements(raw)
	for i, e := range es {
		es[i] = leave(e)
	}
	return document.Array(es)
}

// Schema is a schema definition (RFC 7643 section 7).
type Schema struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Attributes  []Attribute `json:"attributes"`
}

// Schemas are the schemas of a tenant's resources. Attributes of an extension without a schema are
// accepted, kept and not checked.
type Schemas struct {
	common     []Attribute
	core       map[ResourceType]Schema
	extensions map[ResourceType][]Schema
	index      map[ResourceType]definitions
}

// definitions has attributes by the URN of their extension ("" for core attributes) and by name. It
// has both the spelling of the schema and the folded one, so that most lookups need not fold a
// name.
type definitions map[string]map[string]*Attribute

func (d definitions) add(urn string, as []Attribute) {
	names := d[urn]
	if names == nil {
		names = map[string]*Attribute{}
	}
	for i := range as {
		for _, name := range []string{as[i].Name, document.Fold(as[i].Name)} {
			if names[name] == nil {
				names[name] = &as[i]
			}
		}
	}
	d[urn], d[document.Fold(urn)] = names, names
}

func (d definitions) extension(urn string) (map[string]*Attribute, bool) {
	names, ok := d[urn]
	if !ok {
		names, ok = d[document.Fold(urn)]
	}
	return names, ok
}

// indexed returns the schemas with an index of their attributes.
func (s Schemas) indexed() Schemas {
	s.index = map[ResourceType]definitions{}
	for t, core := range s.core {
		d := definitions{}
		d.add("", s.common)
		d.add("", core.Attributes)
		for _, e := range s.extensions[t] {
			d.add(e.ID, e.Attributes)
		}
		for _, urn := range []string{core.ID, document.Fold(core.ID)} {
			d[urn] = d[""]
		}
		s.index[t] = d
	}
	return s
}

//go:embed schemas/*.json
var schemaFiles embed.FS

// CoreSchemas returns User, Group and the enterprise extension of RFC 7643. Passwords are accepted
// and dropped.
var CoreSchemas = sync.OnceValue(func() Schemas {
	return Schemas{
		common:     readSchema("common").Attributes,
		core:       map[ResourceType]Schema{User: readSchema("user"), Group: readSchema("group")},
		extensions: map[ResourceType][]Schema{User: {readSchema("enterprise")}},
	}.indexed()
})

// With returns the schemas with another extension of a type. Empty fields of its attributes get
// their defaults.
func (s Schemas) With(t ResourceType, e Schema) Schemas {
	e.Attributes = slices.Clone(e.Attributes)
	fill(e.Attributes)
	all := maps.Clone(s.extensions)
	all[t] = append(slices.Clip(all[t]), e)
	s.extensions = all
	return s.indexed()
}

func readSchema(name string) Schema {
	b, err := schemaFiles.ReadFile("schemas/" + name + ".json")
	if err != nil {
		panic(err) // the file is part of the program
	}
	var s Schema
	if err := json.Unmarshal(b, &s); err != nil {
		panic(err)
	}
	fill(s.Attributes)
	return s
}

func fill(as []Attribute) {
	for i := range as {
		a := &as[i]
		for _, d := range []struct {
			field *string
			value string
		}{{&a.Type, "string"}, {&a.Mutability, "readWrite"}, {&a.Returned, "default"}, {&a.Uniqueness, "none"}} {
			if *d.field == "" {
				*d.field = d.value
			}
		}
		fill(a.SubAttributes)
	}
}

// Core returns the core schema of a type.
func (s Schemas) Core(t ResourceType) Schema { return s.core[t] }

// Extensions returns the extensions of a type, in a fixed order.
func (s Schemas) Extensions(t ResourceType) []Schema { return s.extensions[t] }

// Lookup returns the definition of an attribute or sub-attribute.
func (s Schemas) Lookup(t ResourceType, p AttrPath) (Attribute, bool) {
	a, ok := s.attribute(t, p)
	if ok && p.Sub != "" {
		return a.Sub(p.Sub)
	}
	return a, ok
}

func (s Schemas) attribute(t ResourceType, p AttrPath) (Attribute, bool) {
	names, _ := s.index[t].extension(p.URN)
	a := names[p.Name]
	if a == nil {
		a = names[document.Fold(p.Name)]
	}
	if a == nil {
		return Attribute{}, false
	}
	return *a, true
}

// Open reports whether the path is in an extension without a schema, where any name is valid.
func (s Schemas) Open(t ResourceType, p AttrPath) bool {
	_, declared := s.index[t].extension(p.URN)
	return p.URN != "" && !declared
}

// Settable is a resource without readOnly attributes and sub-attributes, which are ignored (RFC
// 7644 section 3.3), and without attributes that are never returned.
func (s Schemas) Settable(t ResourceType, r Resource) Resource {
	return r.Map(func(name, raw string) (string, string) {
		if strings.Contains(name, ":") {
			n := document.NewNode(raw)
			if in := n.Open(); in != nil {
				in.Map(func(name2, raw string) (string, string) {
					def, _ := s.attribute(t, AttrPath{URN: name, Name: name2})
					return name2, def.Settable(raw)
				})
			}
			return name, n.String()
		}
		def, _ := s.attribute(t, AttrPath{Name: name})
		if def.Mutability == "readOnly" || def.Returned == "never" {
			return "", ""
		}
		return name, def.Settable(raw)
	})
}

// ServerManaged reports whether no client sets a core attribute, because it is readOnly (id, meta,
// schemas, groups) or never returned (password), or a sub-attribute, because it is readOnly.
func ServerManaged(p AttrPath) bool {
	return slices.ContainsFunc([]ResourceType{User, Group}, func(t ResourceType) bool {
		def, _ := CoreSchemas().attribute(t, p.Top())
		sub, _ := def.Sub(p.Sub)
		return p.URN == "" && (def.Mutability == "readOnly" || def.Returned == "never") || sub.Mutability == "readOnly"
	})
}

func pick(as []Attribute, name string) (Attribute, bool) {
	for i := range as {
		if strings.EqualFold(as[i].Name, name) {
			return as[i], true
		}
	}
	return Attribute{}, false
}

// Identifying returns the attribute whose values are unique among the resources of a type.
func Identifying(t ResourceType) AttrPath {
	if t == Group {
		return AttrPath{Name: "displayName"}
	}
	return AttrPath{Name: "userName"}
}
