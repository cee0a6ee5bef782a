package scim

import (
	"encoding/base64"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/scim/document"
)

// Check returns an error for the first value whose type differs from its schema. It ignores
// attributes without a definition, which are kept unchanged, readOnly attributes (RFC 7644 section
// 3.3) and attributes that are never returned.
func (s Schemas) Check(t ResourceType, r Resource) error {
	for name, raw := range r.All() {
		if !strings.Contains(name, ":") {
			at := AttrPath{Name: name}
			if def, _ := s.Lookup(t, at); def.Mutability == "readOnly" || def.Returned == "never" {
				continue
			}
			if err := s.checkAt(t, at, raw); err != nil {
				return err
			}
			continue
		}
		if !document.IsObject(raw) && raw != "null" {
			return InvalidValue("the extension %s is not an object", name)
		}
		for in := range document.Members(raw) {
			if err := s.checkAt(t, AttrPath{URN: name, Name: in.Name}, in.Raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkAt checks the value at a path.
func (s Schemas) checkAt(t ResourceType, p AttrPath, raw string) error {
	def, ok := s.Lookup(t, p)
	if !ok || document.Unassigned(raw) {
		return nil
	}
	return check(def, p, raw)
}

// check checks a value with all elements and sub-attributes.
func check(def Attribute, at AttrPath, raw string) error {
	if !def.MultiValued {
		return checkOne(def, at, raw)
	}
	if !document.IsArray(raw) {
		return InvalidValue("%s is not an array", at)
	}
	primaries := 0
	for e := range document.Values(raw) {
		if err := checkOne(def, at, e); err != nil {
			return err
		}
		if document.Lookup(e, "primary") == "true" {
			primaries++
		}
	}
	if primaries > 1 {
		return InvalidValue("%s has %d primary values", at, primaries)
	}
	return nil
}

func checkOne(def Attribute, at AttrPath, raw string) error {
	if def.Type == "complex" {
		if !document.IsObject(raw) {
			return InvalidValue("%s is not an object", at)
		}
		for m := range document.Members(raw) {
			sub, ok := def.Sub(m.Name)
			if !ok || document.Unassigned(m.Raw) {
				continue
			}
			if err := check(sub, at.With(sub.Name), m.Raw); err != nil {
				return err
			}
		}
		return nil
	}
	if want := mistyped(def.Type, raw); want != "" {
		return InvalidValue("%s is not %s", at, want)
	}
	return nil
}

// mistyped returns the expected type of a scalar of another type, or "".
func mistyped(kind, raw string) string {
	number := !document.IsText(raw) && !document.IsObject(raw) && !document.IsArray(raw) && raw != "true" && raw != "false" && raw != "null"
	switch kind {
	case "boolean":
		if raw != "true" && raw != "false" {
			return "a boolean"
		}
	case "integer":
		if !number || strings.ContainsAny(raw, ".eE") {
			return "an integer"
		}
	case "decimal":
		if !number {
			return "a number"
		}
	case "dateTime":
		if _, err := time.Parse(time.RFC3339, document.Text(raw)); !document.IsText(raw) || err != nil {
			return "a date and time (RFC 3339)"
		}
	case "binary":
		if _, err := base64.StdEncoding.DecodeString(document.Text(raw)); !document.IsText(raw) || err != nil {
			return "base64"
		}
	default:
		if !document.IsText(raw) {
			return "a string"
		}
	}
	return ""
}

// ParseDateTime reads a dateTime (RFC 7643 section 2.3.5, as in XML Schema). Without a time zone it
// is in UTC.
func ParseDateTime(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, text)
	if err == nil {
		return t, nil
	}
	if local, e := time.Parse("2006-01-02T15:04:05", text); e == nil {
		return local, nil
	}
	return t, err
}

// CheckRequired reports a missing userName or displayName; an empty string counts as missing. Other
// required attributes get a default.
func (s Schemas) CheckRequired(t ResourceType, r Resource) error {
	for _, a := range s.core[t].Attributes {
		if a.Required && a.Uniqueness == "server" && strings.TrimSpace(document.Text(r.Raw(a.Name))) == "" {
			return InvalidValue("%s is required", a.Name)
		}
	}
	return nil
}
