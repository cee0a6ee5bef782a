package names

import (
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Examiner examines the writes of a tenant.
type Examiner struct {
	Schemas scim.Schemas
	// Strict refuses names that no schema defines.
	Strict bool
	// Misspelt gets each name that looks like a misspelt one, and the other one.
	Misspelt func(name, like string)
}

// Decode decodes a request with next and examines the result.
func (e Examiner) Decode(next func(protocol.Request) (protocol.Call, []string, error)) func(protocol.Request) (protocol.Call, []string, error) {
	return func(w protocol.Request) (protocol.Call, []string, error) {
		c, fired, err := next(w)
		if err == nil && c.Writes() {
			err = e.Examine(c)
		}
		return c, fired, err
	}
}

// Examine examines a call.
func (e Examiner) Examine(c protocol.Call) error {
	switch c := c.(type) {
	case protocol.Create:
		return e.body(c.Type, c.Body)
	case protocol.Replace:
		return e.body(c.Type, c.Body)
	case protocol.Patch:
		x := examination{Examiner: e, t: c.Type}
		for _, op := range c.Ops {
			if err := x.operation(op); err != nil {
				return err
			}
		}
	case protocol.Read, protocol.List, protocol.Delete, protocol.Restore:
	}
	return nil
}

// body examines a whole resource. Its keys are names, not paths.
func (e Examiner) body(t scim.ResourceType, r scim.Resource) error {
	x := examination{Examiner: e, t: t}
	for name, raw := range r.All() {
		at := scim.AttrPath{Name: name}
		if strings.Contains(name, ":") {
			at = scim.AttrPath{URN: name}
		}
		if err := x.value(at, raw); err != nil {
			return err
		}
	}
	return nil
}

// maxCompared is how many unknown names of one request are compared with known ones.
const maxCompared = 50

// examination is that of one call.
type examination struct {
	Examiner
	t        scim.ResourceType
	compared int
}

// pathless examines the value of an operation without a path. Its keys are paths.
func (x *examination) pathless(raw string) error {
	for m := range document.Members(raw) {
		at, err := scim.ParseKey(m.Name)
		if err != nil {
			return err
		}
		if err := x.value(at, m.Raw); err != nil {
			return err
		}
	}
	return nil
}

func (x *examination) operation(op scim.Op) error {
	if op.Path.IsZero() {
		return x.pathless(op.Value)
	}
	if op.Path.Filter != nil {
		if def, ok := x.Schemas.Lookup(x.t, op.Path.Top()); ok {
			var err error
			scim.Attributes(op.Path.Filter, func(p scim.AttrPath) {
				if err == nil {
					err = x.sub(def, op.Path.With(p.Name))
				}
			})
			if err != nil {
				return err
			}
		}
	}
	return x.value(op.Path.AttrPath, op.Value)
}

// value examines a path and what is given for it.
func (x *examination) value(at scim.AttrPath, raw string) error {
	if x.Schemas.Open(x.t, at) && at.Name != "" && at.Sub == "" {
		// The path of a whole extension reads like its last word is an attribute.
		if whole := (scim.AttrPath{URN: at.String()}); !x.Schemas.Open(x.t, whole) || document.IsObject(raw) {
			at = whole
		}
	}
	if x.Schemas.Open(x.t, at) {
		return x.extension(at.URN)
	}
	if at.Name == "" {
		for m := range document.Members(raw) {
			if err := x.value(scim.AttrPath{URN: at.URN, Name: m.Name}, m.Raw); err != nil {
				return err
			}
		}
		return nil
	}
	def, ok := x.Schemas.Lookup(x.t, at.Top())
	switch {
	case !ok:
		return x.attribute(at.Top())
	case def.Mutability == "readOnly" || def.Returned == "never":
		return nil
	case at.Sub != "":
		return x.sub(def, at)
	case def.Type != "complex":
		return nil
	}
	for e := range document.Values(raw) {
		for m := range document.Members(e) {
			if err := x.sub(def, at.With(m.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// standard are the sub-attributes of every multi-valued attribute (RFC 7643 section 2.4).
var standard = []string{"type", "primary", "display", "value", "$ref"}

func isStandard(name string) bool {
	return slices.ContainsFunc(standard, func(s string) bool { return strings.EqualFold(s, name) })
}

func (x *examination) sub(def scim.Attribute, at scim.AttrPath) error {
	if _, ok := def.Sub(at.Sub); ok || def.Type != "complex" || def.MultiValued && isStandard(at.Sub) {
		return nil
	}
	like := at.With(x.nearest(at.Sub, func() []string {
		if def.MultiValued {
			return append(spellings(def.SubAttributes), standard...)
		}
		return spellings(def.SubAttributes)
	}))
	return x.unknown(at, like, like.Sub != "")
}

// attribute decides on an attribute that the core schema or a declared extension lacks.
func (x *examination) attribute(at scim.AttrPath) error {
	like := scim.AttrPath{URN: at.URN, Name: x.nearest(at.Name, func() []string {
		for _, e := range x.Schemas.Extensions(x.t) {
			if strings.EqualFold(e.ID, at.URN) {
				return spellings(e.Attributes)
			}
		}
		return append(spellings(x.Schemas.Core(x.t).Attributes), "id", "externalId", "schemas", "meta")
	})}
	return x.unknown(at, like, like.Name != "")
}

func (x *examination) extension(urn string) error {
	like := scim.AttrPath{URN: x.nearest(urn, func() (known []string) {
		for _, e := range x.Schemas.Extensions(x.t) {
			known = append(known, e.ID)
		}
		return known
	})}
	return x.unknown(scim.AttrPath{URN: urn}, like, like.URN != "")
}

// nearest returns the known name that a name is a misspelling of, or "". Only maxCompared names are
// compared.
func (x *examination) nearest(name string, known func() []string) string {
	if x.compared++; x.compared > maxCompared {
		return ""
	}
	return nearest(name, known())
}

// unknown decides on a name that no schema defines. It may be a misspelling of like. The error is
// invalidSyntax in a PATCH too (draft-zollner-scim-interop-profile-01, Attribute and Schema
// Handling).
func (x *examination) unknown(at, like scim.AttrPath, misspelt bool) error {
	if !x.Strict {
		if misspelt && x.Misspelt != nil {
			x.Misspelt(at.String(), like.String())
		}
		return nil
	}
	kind := "attribute"
	if at.Name == "" {
		kind = "extension"
	}
	if misspelt {
		return scim.InvalidSyntax("%s has no %s %q (profile: strict); the nearest name is %s", x.t, kind, at, like)
	}
	return scim.InvalidSyntax("%s has no %s %q (profile: strict)", x.t, kind, at)
}

func spellings(as []scim.Attribute) []string {
	out := make([]string, len(as), len(as)+len(standard))
	for i, a := range as {
		out[i] = a.Name
	}
	return out
}
