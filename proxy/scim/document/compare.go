package document

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Same reports whether JSON values are equal, without regard to member order, white space and
// escapes.
func Same(a, b string) bool {
	return a == b || (a != "" && b != "" && Canonical(a) == Canonical(b))
}

// Canonical returns JSON text for comparison, as json.Marshal writes it: members are sorted and
// each string has one spelling. Versions that callers have are hashes of it, so it must not change.
func Canonical(raw string) string {
	raw = strings.TrimSpace(raw)
	if !IsObject(raw) && !IsArray(raw) && !respelled(raw) {
		return raw
	}
	return string(appendCanonical(nil, raw))
}

// respelled reports whether a scalar has other spellings.
func respelled(raw string) bool {
	if !IsText(raw) {
		return false
	}
	for i := range len(raw) {
		switch raw[i] {
		case '\\', '<', '>', '&':
			return true
		case 0xE2: // begins U+2028 and U+2029, which are escaped
			if strings.HasPrefix(raw[i:], "\u2028") || strings.HasPrefix(raw[i:], "\u2029") {
				return true
			}
		}
	}
	return false
}

func appendCanonical(b []byte, raw string) []byte {
	switch {
	case IsArray(raw):
		b = append(b, '[')
		for e := range Values(raw) {
			b = append(appendCanonical(b, e), ',')
		}
		return append(bytes.TrimSuffix(b, []byte(",")), ']')
	case IsObject(raw):
		var few [manySlots / 2]Member // on the stack
		ms := few[:0]
		for m := range Members(raw) {
			ms = append(ms, m)
		}
		return appendObject(b, ms)
	case respelled(raw):
		if text, err := json.Marshal(Text(raw)); err == nil {
			return append(b, text...)
		}
	}
	return append(b, raw...)
}

// appendObject sorts the members.
func appendObject(b []byte, ms []Member) []byte {
	slices.SortStableFunc(ms, func(a, b Member) int { return strings.Compare(a.Name, b.Name) })
	b = append(b, '{')
	for i, m := range ms {
		if i+1 < len(ms) && ms[i+1].Name == m.Name {
			continue // the last one counts
		}
		b = append(appendCanonical(b, m.Quoted), ':')
		b = append(appendCanonical(b, m.Raw), ',')
	}
	return append(bytes.TrimSuffix(b, []byte(",")), '}')
}

// CanonicalWithout is Canonical of a resource without the named members.
func (r Resource) CanonicalWithout(names ...string) []byte {
	var few [manySlots]Member
	ms := few[:0]
	for _, s := range r.slots {
		if !slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, s.key) }) {
			ms = append(ms, Member{s.quoted, s.key, s.raw})
		}
	}
	return appendObject(make([]byte, 0, r.Size()), ms)
}
