// Package bounds limits JSON that comes from outside, before anything parses it: how deep it is
// nested, how many values and members it has, and that no member is given twice.
package bounds

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"keycloak-scim-proxy/proxy/scim"

	"github.com/tidwall/gjson"
)

// JSON checks that b is one JSON value in UTF-8 within the limits: nested at most depth
// levels, MaxValues values in total, MaxAttributes members in an object, no duplicate and no empty
// names. Errors are invalidSyntax, because tooMany is only for filters (RFC 7644 table 9).
//
// The limits are checked first, in one pass without recursion.
func JSON(b []byte, depth int) error { return checkJSON(b, scan{depth: depth, names: true}) }

// maxEnvelope is how deep a bulk request may nest. The depth of each operation's data is checked
// later.
const maxEnvelope = 10_000

// Envelope is JSON for a bulk request. It bounds only the number of all values together;
// each operation is checked with JSON later.
func Envelope(b []byte) error { return checkJSON(b, scan{depth: maxEnvelope}) }

func checkJSON(b []byte, s scan) error {
	if !utf8.Valid(b) {
		return scim.InvalidSyntax("the body is not UTF-8")
	}
	s.text = b
	if err := s.all(); err != nil {
		return err
	}
	if !gjson.ValidBytes(b) {
		return scim.InvalidSyntax("the body is not valid JSON")
	}
	return nil
}

// scan counts the values in a text that may not be JSON: the grammar is checked after the limits.
type scan struct {
	text   []byte
	at     int
	depth  int
	names  bool // members are counted and compared
	values int
	open   []container
}

// container is an array or object that is open at the current position.
type container struct {
	object bool
	named  bool // a name was read; its value follows
	given  givenNames
}

func (s *scan) all() error {
	for s.at < len(s.text) {
		var err error
		switch s.text[s.at] {
		case '{', '[':
			err = s.enter(s.text[s.at] == '{')
		case '}', ']':
			err = s.leave()
		case '"':
			err = s.quoted()
		case ' ', '\t', '\r', '\n', ',', ':':
			s.at++
		default:
			err = s.literal()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// value counts the value at the current position.
func (s *scan) value() error {
	if s.values++; s.values > scim.MaxValues {
		return scim.InvalidSyntax("the body has more than %d JSON values", scim.MaxValues)
	}
	if n := len(s.open); n > 0 {
		s.open[n-1].named = false
	}
	return nil
}

func (s *scan) enter(object bool) error {
	if err := s.value(); err != nil {
		return err
	}
	n := len(s.open)
	if n == s.depth {
		return scim.InvalidSyntax("the JSON is nested deeper than %d", s.depth)
	}
	if n < cap(s.open) { // reuse the memory of an earlier container
		s.open = s.open[:n+1]
	} else {
		s.open = append(s.open, container{})
	}
	c := &s.open[n]
	c.object, c.named = object, false
	c.given.forget()
	s.at++
	return nil
}

func (s *scan) leave() error {
	if len(s.open) == 0 {
		return scim.InvalidSyntax("the body is not valid JSON")
	}
	s.open = s.open[:len(s.open)-1]
	s.at++
	return nil
}

func (s *scan) literal() error {
	for s.at++; s.at < len(s.text) && strings.IndexByte(" \t\r\n,:[]{}\"", s.text[s.at]) < 0; s.at++ {
	}
	return s.value()
}

func (s *scan) quoted() error {
	begin := s.at
	escaped := false
	for s.at++; s.at < len(s.text) && s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
			escaped = true
		}
	}
	s.at = min(s.at+1, len(s.text))
	if n := len(s.open); n > 0 && s.open[n-1].object && !s.open[n-1].named {
		s.open[n-1].named = true
		if s.names {
			return s.open[n-1].given.add(s.text[begin:s.at], escaped)
		}
		return nil
	}
	return s.value()
}

// few is the largest number of names that are compared one by one, without a map.
const few = 8

// givenNames are the names of one object. Their memory is reused for the next object.
type givenNames struct {
	first []([]byte)
	all   map[string]bool // set if there are more than few
}

func (g *givenNames) forget() {
	g.first = g.first[:0]
	if len(g.all) > 0 {
		clear(g.all)
	}
}

// add refuses duplicate names, which readers treat differently, and empty ones, which no path can
// select.
func (g *givenNames) add(quoted []byte, escaped bool) error {
	name := bytes.Trim(quoted, `"`)
	if escaped {
		name = []byte(gjson.ParseBytes(quoted).String())
	}
	if len(name) == 0 {
		return scim.InvalidSyntax("a JSON member has no name")
	}
	if g.has(name) {
		return scim.InvalidSyntax("the JSON member %q is given twice", string(name))
	}
	if len(g.first)+len(g.all) == scim.MaxAttributes {
		return scim.InvalidSyntax("a JSON object has more than %d members", scim.MaxAttributes)
	}
	if len(g.first) < few {
		g.first = append(g.first, name)
		return nil
	}
	if g.all == nil {
		g.all = map[string]bool{}
	}
	g.all[string(name)] = true
	return nil
}

func (g *givenNames) has(name []byte) bool {
	for _, n := range g.first {
		if bytes.Equal(n, name) {
			return true
		}
	}
	return len(g.all) > 0 && g.all[string(name)]
}
