package jsontext

import "strings"

// Same reports whether JSON texts are equal except for white space, in one pass.
func Same(a, b string) bool {
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
