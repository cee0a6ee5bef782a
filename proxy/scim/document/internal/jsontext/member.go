package jsontext

import "strings"

// Lookup returns the value of an object's first member with a name, without case, or "".
func Lookup(object, name string) string {
	for s := Inside(object); ; {
		key := s.Next()
		if value := s.Next(); value == "" || strings.EqualFold(Unquote(key), name) {
			return value
		}
	}
}

// With returns an object with a member set, and without blanks between its members.
func With(object, name, value string) string {
	var b strings.Builder
	b.Grow(len(object) + len(name) + len(value) + len(`"":,`))
	separator, there := byte('{'), false
	write := func(quoted, value string) {
		b.WriteByte(separator)
		b.WriteString(quoted)
		b.WriteByte(':')
		b.WriteString(value)
		separator = ','
	}
	for s := Inside(object); ; {
		key := s.Next()
		old := s.Next()
		if old == "" {
			break
		}
		if !there && strings.EqualFold(Unquote(key), name) {
			old, there = value, true
		}
		write(key, old)
	}
	if !there {
		write(Quote(name), value)
	}
	b.WriteByte('}')
	return b.String()
}
