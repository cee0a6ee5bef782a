package scim

import (
	"bytes"
	"encoding/json"
	"iter"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// A member of a JSON object: its key as written (quoted) and decoded, and its value's text. Objects
// are edited by their members, never by a path language: gjson and sjson paths would take the dots
// of a URN for separators, sjson writes "\u003c" for "<", and neither resolves names
// case-insensitively.
type member struct{ quoted, key, raw string }

// fields yields the members of an object; other values have none.
func fields(object string) iter.Seq[member] {
	return func(yield func(member) bool) {
		if isObject(object) {
			gjson.Parse(object).ForEach(func(k, v gjson.Result) bool { return yield(member{k.Raw, k.String(), v.Raw}) })
		}
	}
}

// elements yields the elements of an array; a value that is no array is its only element, an absent
// value has none.
func elements(raw string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !isArray(raw) {
			if raw != "" {
				yield(raw)
			}
			return
		}
		gjson.Parse(raw).ForEach(func(_, v gjson.Result) bool { return yield(v.Raw) })
	}
}

func members(object string) []member {
	return slices.AppendSeq(make([]member, 0, min(len(object)/minMember, manySlots)), fields(object))
}

// count is the number of members of an object.
func count(object string) int {
	n := 0
	for range fields(object) {
		n++
	}
	return n
}

func objectText(ms []member) string {
	size := 2
	for _, m := range ms {
		size += len(m.quoted) + len(m.raw) + 2
	}
	var b strings.Builder
	b.Grow(size)
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
// It costs a pass over the object; use an Object to set many.
func setMember(object, name, raw string) string {
	ms := members(object)
	i := slices.IndexFunc(ms, func(m member) bool { return strings.EqualFold(m.key, name) })
	switch {
	case i < 0 && raw == "":
		return object
	case i < 0:
		ms = append(ms, member{Quote(name), name, raw})
	case raw == "":
		ms = slices.Delete(ms, i, i+1)
	default:
		ms[i].raw = raw
	}
	return objectText(ms)
}

// getMember also costs a pass over the object.
func getMember(object, name string) string {
	for m := range fields(object) {
		if strings.EqualFold(m.key, name) {
			return m.raw
		}
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
	case isArray(raw), isObject(raw):
		inner := strings.TrimLeft(raw[1:], " \t\r\n")
		return strings.HasPrefix(inner, "]") || strings.HasPrefix(inner, "}")
	}
	return false
}

// Elements of a JSON array, as JSON texts; a value that is no array is its only element, an absent value has none.
func Elements(raw string) []string { return slices.Collect(elements(raw)) }

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
	if plain(s) {
		return `"` + s + `"`
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// plain reports whether a text needs no escapes; most names and ids need none.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Same compares JSON values: member order, white space and escapes do not matter.
func Same(a, b string) bool {
	return a == b || (a != "" && b != "" && Canonical(a) == Canonical(b))
}

// sameText reports whether two JSON texts differ in white space at most, in one pass.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	quoted, escaped := false, false
	i, k := 0, 0
	for {
		if !quoted {
			i, k = skipBlank(a, i), skipBlank(b, k)
		}
		if i == len(a) || k == len(b) {
			return i == len(a) && k == len(b)
		}
		if a[i] != b[k] {
			return false
		}
		switch {
		case escaped:
			escaped = false
		case a[i] == '"':
			quoted = !quoted
		case a[i] == '\\':
			escaped = quoted
		}
		i++
		k++
	}
}

// skipBlank is the position of the first character from i on that is not white space of JSON.
func skipBlank(s string, i int) int {
	for i < len(s) && strings.IndexByte(" \t\r\n", s[i]) >= 0 {
		i++
	}
	return i
}

// Canonical is JSON text for comparison: it has sorted members and one spelling of each string. A hash of document order would make every merge look like a change.
// The text is that of json.Marshal, because versions that callers have seen are hashes of it.
func Canonical(raw string) string {
	raw = strings.TrimSpace(raw)
	if !isObject(raw) && !isArray(raw) && !respelled(raw) {
		return raw
	}
	return string(appendCanonical(nil, raw))
}

// respelled reports whether a scalar may be written in another way.
func respelled(raw string) bool { return IsText(raw) && strings.ContainsAny(raw, "\\<>&\u2028\u2029") }

func appendCanonical(b []byte, raw string) []byte {
	switch {
	case isArray(raw):
		b = append(b, '[')
		for e := range elements(raw) {
			b = append(appendCanonical(b, e), ',')
		}
		return append(bytes.TrimSuffix(b, []byte(",")), ']')
	case isObject(raw):
		return appendObject(b, members(raw))
	case respelled(raw):
		if text, err := json.Marshal(Text(raw)); err == nil {
			return append(b, text...)
		}
	}
	return append(b, raw...)
}

// appendObject sorts the members.
func appendObject(b []byte, ms []member) []byte {
	slices.SortStableFunc(ms, func(a, b member) int { return strings.Compare(a.key, b.key) })
	b = append(b, '{')
	for i, m := range ms {
		if i+1 < len(ms) && ms[i+1].key == m.key {
			continue // the last one counts
		}
		b = append(appendCanonical(b, m.quoted), ':')
		b = append(appendCanonical(b, m.raw), ',')
	}
	return append(bytes.TrimSuffix(b, []byte(",")), '}')
}
