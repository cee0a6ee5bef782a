package cli

import "strings"

// OneLine is a text that others have chosen, such as a name, for a terminal: without characters
// that end the line or a column, move the cursor, or change the direction of text.
func OneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r == 0x2028, r == 0x2029, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			return '\uFFFD'
		}
		return r
	}, s)
}
