package scim

import (
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenString
	tokenPunct // one of ( ) [ ]
)

type token struct {
	kind tokenKind
	text string // a string token keeps its quotes and escapes
	at   int    // byte offset
}

func (t token) describe() said {
	if t.kind == tokenEnd {
		return "the end"
	}
	return say("%q", t.text)
}

// is compares a word without case: literals of ABNF are case-insensitive (RFC 5234 section 2.3).
func (t token) is(word string) bool { return t.kind == tokenWord && strings.EqualFold(t.text, word) }

func (t token) punct(c string) bool { return t.kind == tokenPunct && t.text == c }

type lexer struct {
	src string
	pos int
}

// next returns the next token, or an error message with its offset.
func (l *lexer) next() (token, *syntaxError) {
	for l.pos < len(l.src) && (l.src[l.pos] == ' ' || l.src[l.pos] == '\t') {
		l.pos++
	}
	start := l.pos
	if start == len(l.src) {
		return token{tokenEnd, "", start}, nil
	}
	switch c := l.src[start]; {
	case strings.IndexByte("()[]", c) >= 0:
		l.pos++
		return token{tokenPunct, string(c), start}, nil
	case c == '"':
		return l.text()
	}
	for l.pos < len(l.src) && strings.IndexByte(" \t()[]\"", l.src[l.pos]) < 0 {
		l.pos++
	}
	return token{tokenWord, l.src[start:l.pos], start}, nil
}

// text reads a JSON string (RFC 7159 section 7, which RFC 7644 requires).
func (l *lexer) text() (token, *syntaxError) {
	start := l.pos
	for l.pos++; l.pos < len(l.src); l.pos++ {
		switch l.src[l.pos] {
		case '\\':
			l.pos++
		case '"':
			l.pos++
			t := token{tokenString, l.src[start:l.pos], start}
			if !gjson.Valid(t.text) || !utf8.ValidString(t.text) {
				return t, &syntaxError{start, "the string is not a valid JSON string"}
			}
			return t, nil
		}
	}
	return token{}, &syntaxError{start, "the string does not end"}
}

// syntaxError is a message with a byte offset. The column in the error counts from 1.
type syntaxError struct {
	at  int
	msg said
}

func (e *syntaxError) detail(what said, src string) said {
	return say("%s: %s at column %d", what, e.msg, utf8.RuneCountInString(src[:min(e.at, len(src))])+1)
}
