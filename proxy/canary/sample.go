package canary

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"keycloak-scim-proxy/adapters/shapes"
	"keycloak-scim-proxy/proxy/scim"
)

type object = shapes.Object

// versions of a canary: as it is created, and as it is after the update.
const versions = 2

// probe is an attribute of the canary.
type probe struct {
	path     scim.AttrPath
	required bool
	// users has the attribute alone, in the form of a user, in each version.
	users [versions]object
	// unknown means that there is no value to try: the path has no schema that says its attributes.
	unknown bool
	// fixed means that the update leaves the attribute as it is.
	fixed bool
}

// samples makes values. They have the id of the canary, so that Keycloak shows no other user's.
type samples struct {
	id      string
	schemas scim.Schemas
	// given are values that the operator has chosen, by path.
	given map[string]string
}

// userName is an address, because realms and providers may want that.
func (s samples) userName() string { return "scim-canary-" + s.id + "@canary.invalid" }

// base are the attributes that every provider writes.
var base = []scim.AttrPath{
	{Name: "userName"}, {Name: "active"}, {Name: "name", Sub: "givenName"}, {Name: "name", Sub: "familyName"}, {Name: "emails"},
}

// probes are those of the base, and of the required attributes.
func (s samples) probes(required []scim.AttrPath) (all []probe) {
	seen := map[string]bool{}
	add := func(p scim.AttrPath, required bool) {
		if seen[p.Key()] {
			for i := range all {
				all[i].required = all[i].required || required && all[i].path.Key() == p.Key()
			}
			return
		}
		seen[p.Key()] = true
		one := probe{path: p, required: required, fixed: p.Key() == "username" || p.Key() == "active" || p.Top().Key() == "emails"}
		for v := range versions {
			one.users[v] = s.alone(p, v)
		}
		one.unknown = one.users[0] == nil
		all = append(all, one)
	}
	for _, p := range required {
		add(p, true)
	}
	for _, p := range base {
		add(p, false)
	}
	return all
}

// alone is a user with one attribute, or nil.
func (s samples) alone(p scim.AttrPath, v int) object {
	if p.Name == "" {
		extension := object{}
		for _, e := range s.schemas.Extensions(scim.User) {
			if strings.EqualFold(e.ID, p.URN) {
				for _, a := range e.Attributes {
					extension[a.Name] = s.attribute(scim.AttrPath{URN: e.ID, Name: a.Name}, a, v)
				}
			}
		}
		if len(extension) == 0 {
			return nil
		}
		return object{p.URN: extension}
	}
	def, known := s.schemas.Lookup(scim.User, p.Top())
	if !known {
		def = scim.Attribute{Name: p.Name, Type: "string"}
		if p.Sub != "" {
			def.Type, def.SubAttributes = "complex", []scim.Attribute{{Name: p.Sub, Type: "string"}}
		}
	}
	u := object{def.Name: s.attribute(p, def, v)}
	if p.URN != "" {
		u = object{p.URN: u}
	}
	return u
}

// attribute is a value of an attribute; if the path has a sub-attribute, with no other one.
func (s samples) attribute(p scim.AttrPath, def scim.Attribute, v int) any {
	var value any
	if def.Type == "complex" {
		value = s.complex(p, def, v)
	} else {
		value = s.simple(p.Top(), def, v)
	}
	if !def.MultiValued {
		return value
	}
	if o, ok := value.(object); ok {
		return []object{o}
	}
	return []any{value}
}

func (s samples) complex(p scim.AttrPath, def scim.Attribute, v int) object {
	o := object{}
	for _, sub := range def.SubAttributes {
		key := strings.EqualFold(sub.Name, "type") || strings.EqualFold(sub.Name, "primary")
		switch at := (scim.AttrPath{URN: p.URN, Name: def.Name, Sub: sub.Name}); {
		case sub.Mutability == "readOnly" || sub.Type == "complex" || strings.HasPrefix(sub.Name, "$"):
		case p.Sub != "" && !strings.EqualFold(p.Sub, sub.Name) && !key:
		case p.Sub == "" && sub.Name == "display":
		case sub.Name == "type" && len(sub.CanonicalValues) > 0:
			o[sub.Name] = sub.CanonicalValues[0]
		case sub.Name == "type":
			o[sub.Name] = "work"
		case sub.Name == "primary":
			o[sub.Name] = true
		case p.Key() == "name" && sub.Name == "formatted": // it is made from the others
		default:
			o[sub.Name] = s.simple(at, sub, v)
		}
	}
	return o
}

// known are values of attributes that are not free texts, by the last name of their path.
var known = map[string][versions]string{
	"locale":            {"en-US", "de-DE"},
	"preferredlanguage": {"en", "de"},
	"timezone":          {"Europe/Berlin", "America/New_York"},
	"country":           {"DE", "US"},
}

// simple is a value of an attribute without sub-attributes.
func (s samples) simple(p scim.AttrPath, def scim.Attribute, v int) any {
	if text, ok := s.given[p.String()]; ok {
		if def.Type == "string" || def.Type == "" {
			return text
		}
		return typed(text)
	}
	switch def.Type {
	case "boolean":
		return v == 0 || p.Key() == "active"
	case "integer":
		return 41 + v
	case "decimal":
		return 1.5 + float64(v)
	case "dateTime":
		return fmt.Sprintf("2020-01-0%dT00:00:00Z", v+1)
	case "binary":
		return base64.StdEncoding.EncodeToString([]byte("canary" + s.id + strconv.Itoa(v)))
	case "reference":
		return "https://canary.invalid/" + s.id + "/" + strconv.Itoa(v)
	}
	switch p.Key() {
	case "username", "emails.value":
		return s.userName()
	case "phonenumbers.value":
		return fmt.Sprintf("+1555%07d", digits(s.id)+v)
	}
	last := p.Name
	if p.Sub != "" {
		last = p.Sub
	}
	if fixed, ok := known[strings.ToLower(last)]; ok {
		return fixed[v]
	}
	return fmt.Sprintf("canary %s %s %d", s.id, last, v)
}

// typed is a value that is not a text, as JSON has it.
func typed(text string) any {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	return v
}

// digits makes a number of at most seven digits, even, from an id.
func digits(id string) (n int) {
	for _, c := range id {
		n = (n*31 + int(c)) % 4_999_999
	}
	return 2 * n
}

// whole is the user with all attributes in a version.
func whole(all []probe, v int) object {
	u := object{}
	for _, p := range all {
		merge(u, p.users[v])
	}
	return u
}

// merge adds what an object has to another. Elements of two lists are one element.
func merge(into, from object) {
	for name, value := range from {
		switch was := into[name].(type) {
		case object:
			if is, ok := value.(object); ok {
				value = joined(was, is)
			}
		case []object:
			if is, ok := value.([]object); ok && len(was) == 1 && len(is) == 1 {
				value = []object{joined(was[0], is[0])}
			}
		}
		into[name] = value
	}
}

func joined(a, b object) object {
	out := object{}
	merge(out, a)
	merge(out, b)
	return out
}

// changes are those from one version to the other, as paths of PATCH.
func changes(all []probe) (out []shapes.Change) {
	for _, p := range all {
		if p.fixed {
			continue
		}
		prefix, u := "", p.users[1]
		if p.path.URN != "" {
			in, _ := u[p.path.URN].(object)
			prefix, u = p.path.URN+":", in
		}
		for name, value := range u {
			out = append(out, changesOf(prefix+name, value)...)
		}
	}
	return out
}

func changesOf(path string, value any) (out []shapes.Change) {
	parts, single := value.(object)
	if list, ok := value.([]object); ok && len(list) == 1 && list[0]["type"] != nil {
		parts, single = list[0], true
		path += fmt.Sprintf("[type eq %q]", list[0]["type"])
	}
	if !single {
		return []shapes.Change{{Path: path, Value: value}}
	}
	for name, v := range parts {
		if name != "type" && name != "primary" {
			out = append(out, shapes.Change{Path: path + "." + name, Value: v})
		}
	}
	return out
}
