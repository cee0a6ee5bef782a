package representation

import (
	"slices"
	"strings"
	"unicode"
)

// FullName is the name that the SCIM API makes of its parts, without those that are blank; nil if
// all are. Java does not take spaces that break no line for blanks.
func FullName(parts []string) *string {
	parts = slices.DeleteFunc(parts, func(part string) bool { return strings.TrimFunc(part, blank) == "" })
	if len(parts) == 0 {
		return nil
	}
	return new(strings.Join(parts, " "))
}

// blank is Character.isWhitespace of Java.
func blank(r rune) bool {
	switch r {
	case '\u0085', '\u00a0', '\u2007', '\u202f':
		return false
	}
	return unicode.IsSpace(r) || r >= '\u001c' && r <= '\u001f'
}
