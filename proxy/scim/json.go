package scim

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// A member of a JSON object: its key as written (quoted) and decoded, and its value's text. Objects are edited as lists of members,
// never by a path language: gjson and sjson paths would take the dots of a URN for separators, sjson writes "\u003c" for "<",
// and neither resolves names case-insensitively.
type member struct{ quoted, key, raw string }

func members(object string) []member {
	var out []member
	gjson.Parse(object).ForEach(func(k, v gjson.Result) bool {
		out = append(out, member{k.Raw, k.String(), v.Raw})
		return true
	})
	return out
}

func find(ms []member, name string) int {
	for i, m := range ms {
		if strings.EqualFold(m.key, name) {
			return i
		}
	}
	return -1
}

func objectText(ms []member) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, m := range ms {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(m.quoted)
		b.WriteByte(':')
		b.WriteString(m.raw)
	}
	b.WriteByte('}')
	return b.String()
}

// setMember returns the object with the member set to JSON text, or removed where raw is empty. A member that differs only in case is the same.
func setMember(object, name, raw string) string {
	ms := members(object)
	i := find(ms, name)
	switch {
	case i < 0 && raw == "":
		return object
	case i < 0:
		ms = append(ms, member{Quote(name), name, raw})
	case raw == "":
		ms = append(ms[:i:i], ms[i+1:]...)
	default:
		ms[i].raw = raw
	}
	return objectText(ms)
}

func getMember(object, name string) string {
	if !isObject(object) {
		return ""
	}
	ms := members(object)
	if i := find(ms, name); i >= 0 {
		return ms[i].raw
	}
	return ""
}

func isObject(raw string) bool { return strings.HasPrefix(raw, "{") }
func isArray(raw string) bool  { return strings.HasPrefix(raw, "[") }

// IsText reports whether the JSON text is a string.
func IsText(raw string) bool { return strings.HasPrefix(raw, `"`) }

// Unassigned reports whether JSON text stands for no value: absent, null, an empty array or an empty object (RFC 7643 section 2.5).
func Unassigned(raw string) bool {
	switch {
	case raw == "" || raw == "null":
		return true
	case isArray(raw):
		return len(Elements(raw)) == 0
	case isObject(raw):
		return len(members(raw)) == 0
	}
	return false
}

// Elements of a JSON array, as JSON texts; a value that is no array is its only element, an absent value has none.
func Elements(raw string) []string {
	if raw == "" {
		return nil
	}
	if !isArray(raw) {
		return []string{raw}
	}
	var out []string
	for _, e := range gjson.Parse(raw).Array() {
		out = append(out, e.Raw)
	}
	return out
}

// Array is the JSON array of the elements.
func Array(elements []string) string { return "[" + strings.Join(elements, ",") + "]" }

// Text is the Go string of a JSON string, "" for null, and the JSON text itself of any other scalar.
func Text(raw string) string {
	if !IsText(raw) && raw != "null" {
		return raw // not by way of a float: "12.50" and "1e400" stay
	}
	return gjson.Parse(raw).String()
}

// Quote is the JSON string of a Go string; "<", ">" and "&" stay as they are.
func Quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// Same compares JSON values: member order, white space and escapes do not matter.
func Same(a, b string) bool {
	return a == b || (a != "" && b != "" && canonical(a) == canonical(b))
}

// canonical text has sorted members and one spelling of each string. A hash of document order would make every merge look like a change.
func canonical(raw string) string {
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return raw
	}
	b, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return string(b)
}

// CheckJSON reports whether b is one JSON value in UTF-8, nested no deeper than depth, without duplicate members.
// The depth is counted before anything recursive looks at the text.
func CheckJSON(b []byte, depth int) error {
	if !utf8.Valid(b) {
		return InvalidSyntax("the body is not UTF-8")
	}
	if tooDeep(b, depth) {
		return InvalidSyntax("the JSON is nested deeper than %d", depth)
	}
	if !gjson.ValidBytes(b) {
		return InvalidSyntax("the body is not valid JSON")
	}
	return noDuplicates(gjson.ParseBytes(b))
}

func tooDeep(b []byte, limit int) bool {
	depth, inString, escaped := 0, false, false
	for _, c := range b {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped, inString = c == '\\', c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

// noDuplicates refuses what two readers could read differently, and members without a name, to which no path leads.
func noDuplicates(v gjson.Result) error {
	var err error
	seen := map[string]bool{}
	v.ForEach(func(k, e gjson.Result) bool {
		if v.IsObject() {
			switch {
			case k.String() == "":
				err = InvalidSyntax("a JSON member has no name")
			case seen[k.String()]:
				err = InvalidSyntax("the JSON member %q is given twice", k.String())
			}
			if err != nil {
				return false
			}
			seen[k.String()] = true
		}
		if e.IsObject() || e.IsArray() {
			err = noDuplicates(e)
		}
		return err == nil
	})
	return err
}
