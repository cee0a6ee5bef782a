package scim

import (
	"embed"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Attribute is an attribute definition (RFC 7643 section 7). Empty texts stand for the RFC's defaults: readWrite, default, none.
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

// Sub finds a sub-attribute.
func (a Attribute) Sub(name string) (Attribute, bool) { return pick(a.SubAttributes, name) }

// Schema is a schema definition (RFC 7643 section 7).
type Schema struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Attributes  []Attribute `json:"attributes"`
}

// Schemas are the definitions that apply to the resources of a tenant. Nothing is learned from traffic: attributes of an extension that
// nobody declared are accepted, kept and not checked.
type Schemas struct {
	common     []Attribute
	core       map[ResourceType]Schema
	extensions map[ResourceType][]Schema
}

//go:embed schemas/*.json
var schemaFiles embed.FS

// CoreSchemas are User, Group and the enterprise extension of RFC 7643. Password is accepted only to be dropped.
var CoreSchemas = sync.OnceValue(func() Schemas {
	return Schemas{
		common:     readSchema("common").Attributes,
		core:       map[ResourceType]Schema{User: readSchema("user"), Group: readSchema("group")},
		extensions: map[ResourceType][]Schema{User: {readSchema("enterprise")}},
	}
})

// With returns the schemas with an extension of a type beside them. Names and types of its attributes are given; what is empty is filled in.
func (s Schemas) With(t ResourceType, e Schema) Schemas {
	e.Attributes = slices.Clone(e.Attributes)
	fill(e.Attributes)
	all := maps.Clone(s.extensions)
	all[t] = append(slices.Clip(all[t]), e)
	s.extensions = all
	return s
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

// Core is the core schema of a type.
func (s Schemas) Core(t ResourceType) Schema { return s.core[t] }

// Extensions of a type, in a fixed order.
func (s Schemas) Extensions(t ResourceType) []Schema { return s.extensions[t] }

// Lookup finds the definition of an attribute or sub-attribute.
func (s Schemas) Lookup(t ResourceType, p AttrPath) (Attribute, bool) {
	a, ok := s.attribute(t, p)
	if ok && p.Sub != "" {
		return a.Sub(p.Sub)
	}
	return a, ok
}

// attribute looks in place: a request asks for thousands.
func (s Schemas) attribute(t ResourceType, p AttrPath) (Attribute, bool) {
	if p.URN == "" || strings.EqualFold(p.URN, s.core[t].ID) {
		if a, ok := pick(s.common, p.Name); ok {
			return a, true
		}
		return pick(s.core[t].Attributes, p.Name)
	}
	e, _ := s.extension(t, p.URN)
	return pick(e.Attributes, p.Name)
}

// Open reports whether the path leads into an extension that nobody declared, where any name is legal.
func (s Schemas) Open(t ResourceType, p AttrPath) bool {
	_, declared := s.extension(t, p.URN)
	return p.URN != "" && !declared && !strings.EqualFold(p.URN, s.core[t].ID)
}

func (s Schemas) extension(t ResourceType, urn string) (Schema, bool) {
	for _, e := range s.extensions[t] {
		if strings.EqualFold(e.ID, urn) {
			return e, true
		}
	}
	return Schema{}, false
}

func pick(as []Attribute, name string) (Attribute, bool) {
	for i := range as {
		if strings.EqualFold(as[i].Name, name) {
			return as[i], true
		}
	}
	return Attribute{}, false
}

// Identifying is the attribute whose value only one resource of a type may have.
func Identifying(t ResourceType) AttrPath {
	if t == Group {
		return AttrPath{Name: "displayName"}
	}
	return AttrPath{Name: "userName"}
}
