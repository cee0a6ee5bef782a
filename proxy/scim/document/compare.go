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

// sameText reports whether JSON texts are equal except for white space, in one pass.
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

// skipBlank returns the position of the first character from i on that is not JSON white space.
func skipBlank(s string, i int) int {
	for i < len(s) && strings.IndexByte(" \t\r\n", s[i]) >= 0 {
		i++
	}
	return i
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
func respelled(raw string) bool { return IsText(raw) && strings.ContainsAny(raw, "\\<>&\u2028\u2029") }

func appendCanonical(b []byte, raw string) []byte {
	switch {
	case IsArray(raw):
		b = append(b, '[')
		for e := range Values(raw) {
			b = append(appendCanonical(b, e), ',')
		}
		return append(bytes.TrimSuffix(b, []byte(",")), ']')
	case IsObject(raw):
		return appendObject(b, memberList(raw))
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
	ms := slices.DeleteFunc(memberList(r.raw), func(m Member) bool {
		return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, m.Name) })
	})
	return appendObject(make([]byte, 0, len(r.raw)), ms)
}
