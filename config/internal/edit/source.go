package edit

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// source is a text with its tree. It can be changed once, because the tree has the old places.
type source struct {
	text  []byte
	lines []int // where each line begins
	root  *ast.MappingNode
}

// parse is false if the text is not one document with a mapping.
func parse(text []byte) (*source, bool) {
	// A byte order mark shifts the columns of the first line, and the library counts a lone carriage
	// return as a line.
	if bytes.HasPrefix(text, []byte("\ufeff")) || bytes.Count(text, []byte("\r")) != bytes.Count(text, []byte("\r\n")) {
		return nil, false
	}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil || len(tree.Docs) != 1 {
		return nil, false
	}
	root, ok := tree.Docs[0].Body.(*ast.MappingNode)
	s := &source{text: text, lines: []int{0}, root: root}
	for i, c := range text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s, ok && len(root.Values) > 0
}

// offset is the place of a token in bytes. The library's own offset counts otherwise.
func (s *source) offset(t *token.Token) int {
	at := s.lines[t.Position.Line-1]
	for range t.Position.Column - 1 {
		_, size := utf8.DecodeRune(s.text[at:])
		at += size
	}
	return at
}

// pair is a key with its value, or nil.
func pair(m *ast.MappingNode, key string) *ast.MappingValueNode {
	at := slices.IndexFunc(m.Values, func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Value == key })
	if at < 0 {
		return nil
	}
	return m.Values[at]
}

// element is the mapping at an index of a list, or nil.
func (s *source) element(list string, index int) *ast.MappingNode {
	if p := pair(s.root, list); p != nil {
		if l, ok := p.Value.(*ast.SequenceNode); ok && index < len(l.Values) {
			m, _ := l.Values[index].(*ast.MappingNode)
			return m
		}
	}
	return nil
}

// start is where a node begins.
func (s *source) start(n ast.Node) int {
	switch n := n.(type) {
	case *ast.MappingNode:
		if n.IsFlowStyle {
			return s.offset(n.Start)
		}
		return s.offset(n.Values[0].Key.GetToken())
	case *ast.SequenceNode:
		return s.offset(n.Start)
	}
	return s.offset(n.GetToken())
}

// end is where a node ends: behind its last character. It is false for nodes whose end the tree
// does not show, such as texts of several lines.
func (s *source) end(n ast.Node) (int, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		if n.IsFlowStyle {
			return s.offset(n.End) + 1, true
		}
		return s.end(n.Values[len(n.Values)-1].Value)
	case *ast.SequenceNode:
		if n.IsFlowStyle {
			return s.offset(n.End) + 1, true
		}
		return s.end(n.Values[len(n.Values)-1])
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		said := strings.TrimSpace(n.GetToken().Origin)
		from := s.start(n)
		return from + len(said), said != "" && bytes.HasPrefix(s.text[from:], []byte(said))
	}
	return 0, false
}

// cut replaces a part of the text.
func (s *source) cut(from, to int, by string) bool {
	s.text = slices.Concat(s.text[:from], []byte(by), s.text[to:])
	return true
}

// lineStart is the beginning of the line with a place, lineEnd that of the next line.
func (s *source) lineStart(at int) int { return bytes.LastIndexByte(s.text[:at], '\n') + 1 }

func (s *source) lineEnd(at int) int {
	if i := bytes.IndexByte(s.text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(s.text)
}

// ending is the end of a line.
func (s *source) ending() string {
	if bytes.Contains(s.text, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// insertLine writes a line (or several) before a place, which is the beginning of a line or the end
// of the text.
func (s *source) insertLine(at int, line string) bool {
	if at > 0 && s.text[at-1] != '\n' {
		line = "\n" + line
	}
	return s.cut(at, at, strings.ReplaceAll(line+"\n", "\n", s.ending()))
}

// indent is the white space before a place, as wide as its column. A list element begins behind its
// dash, so that the dash counts too.
func (s *source) indent(at int) string { return strings.Repeat(" ", at-s.lineStart(at)) }
