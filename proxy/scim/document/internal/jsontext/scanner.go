// Package jsontext divides JSON text that is known to be valid into its parts, and compares texts
// and names, without allocations. Of text that is not valid it returns some parts or none.
package jsontext

import "strings"

// Scanner reads the elements of an array, or the names and values of an object in turn.
type Scanner struct {
	text string
	at   int
}

// Inside returns a Scanner of an array or object.
func Inside(container string) Scanner { return Scanner{container, 1} }

// Next returns the text of the next part, or "" after the last one.
func (s *Scanner) Next() string {
	for s.at < len(s.text) && separates(s.text[s.at]) {
		s.at++
	}
	begin := s.at
	if begin >= len(s.text) {
		return ""
	}
	switch s.text[begin] {
	case '"':
		s.quoted()
	case '{', '[':
		s.nested()
	default:
		for s.at < len(s.text) && !separates(s.text[s.at]) && s.text[s.at] != ']' && s.text[s.at] != '}' {
			s.at++
		}
	}
	return s.text[begin:s.at]
}

// Deeper reports whether text is nested deeper than a limit. It needs no recursion, and the text
// need not be valid.
func Deeper(text string, limit int) bool {
	s, depth := Scanner{text: text}, 0
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case '"':
			s.quoted()
			continue
		case '{', '[':
			if depth++; depth > limit {
				return true
			}
		case '}', ']':
			depth--
		}
		s.at++
	}
	return false
}

func separates(c byte) bool {
	return c == ',' || c == ':' || c == ' ' || c == '\n' || c == '\t' || c == '\r'
}

// quoted reads a string. A quote with an odd number of backslashes before it does not end it.
func (s *Scanner) quoted() {
	for s.at++; ; {
		i := strings.IndexByte(s.text[s.at:], '"')
		if i < 0 {
			s.at = len(s.text)
			return
		}
		s.at += i + 1
		escapes := 0
		for s.text[s.at-2-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return
		}
	}
}

// nested reads an array or object.
func (s *Scanner) nested() {
	for depth := 0; s.at < len(s.text); {
		switch s.text[s.at] {
		case '"':
			s.quoted()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if s.at++; depth == 0 {
			return
		}
	}
}
