package document

import (
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"keycloak-scim-proxy/proxy/scim/document/internal/jsontext"
)

// Member is a member of a JSON object: its name as written (in quotes) and decoded, and the text of
// its value. Objects are not edited by gjson or sjson paths, which treat the dots of a URN as
// separators, write "\u003c" for "<" and compare names with case.
type Member struct{ Quoted, Name, Raw string }

// Members yields the members of an object. Other values have none.
func Members(object string) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		if !IsObject(object) {
			return
		}
		parts := jsontext.Inside(object)
		for {
			name := parts.Next()
			raw := parts.Next()
			if raw == "" || !yield(Member{name, Text(name), raw}) {
				return
			}
		}
	}
}

// Lookup returns the text of an object's member, or "". It takes a pass over the object.
func Lookup(object, name string) string {
	if !IsObject(object) {
		return ""
	}
	return jsontext.Lookup(object, name)
}

// Count returns the number of members of an object.
func Count(object string) int {
	n := 0
	for range Members(object) {
		n++
	}
	return n
}

// Values yields the elements of an array. Another value is its own only element; an absent value
// has none.
func Values(raw string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !IsArray(raw) {
			if raw != "" {
				yield(raw)
			}
			return
		}
		parts := jsontext.Inside(raw)
		for e := parts.Next(); e != "" && yield(e); e = parts.Next() {
		}
	}
}

// Elements returns the Values as a list.
func Elements(raw string) []string { return slices.Collect(Values(raw)) }

// Array returns the JSON array of the elements.
func Array(elements []string) string { return "[" + strings.Join(elements, ",") + "]" }

// IsObject reports whether the JSON text is an object.
func IsObject(raw string) bool { return strings.HasPrefix(raw, "{") }

// IsArray reports whether the JSON text is an array.
func IsArray(raw string) bool { return strings.HasPrefix(raw, "[") }

// IsText reports whether the JSON text is a string.
func IsText(raw string) bool { return strings.HasPrefix(raw, `"`) }

// Unassigned reports whether JSON text has no value: absent, null, an empty array or an empty
// object (RFC 7643 section 2.5).
func Unassigned(raw string) bool {
	switch {
	case raw == "" || raw == "null":
		return true
	case IsArray(raw), IsObject(raw):
		inner := strings.TrimLeft(raw[1:], " \t\r\n")
		return strings.HasPrefix(inner, "]") || strings.HasPrefix(inner, "}")
	}
	return false
}

// Text returns the Go string of a JSON string, "" for null, and the JSON text of other scalars.
func Text(raw string) string {
	switch {
	case IsText(raw):
		return jsontext.Unquote(raw)
	case raw == "null":
		return ""
	}
	return raw // not parsed as a float: "12.50" and "1e400" stay
}

// Quote returns the JSON string of a Go string; "<", ">" and "&" are not escaped.
func Quote(s string) string { return jsontext.Quote(s) }

// MaxEcho is how many characters of a name or value in the request an error repeats. Attribute
// names and Keycloak's ids are shorter.
const MaxEcho = 64

// Cut returns a text of at most limit characters. "…" replaces the rest.
func Cut(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == limit {
			return s[:i] + "…"
		}
	}
	return s
}
