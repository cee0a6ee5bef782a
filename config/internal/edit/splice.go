package edit

import (
	"bytes"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

func (s *source) put(m *ast.MappingNode, key, value string) bool {
	if m == nil || len(m.Values) == 0 {
		return false
	}
	last := m.Values[len(m.Values)-1].Value
	if p := pair(m, key); p != nil {
		end, ok := s.end(p.Value)
		return ok && s.cut(s.offset(p.Start)+1, end, " "+value)
	}
	if m == s.root && !m.IsFlowStyle {
		return s.insertLine(len(s.text), s.indent(s.start(m))+key+": "+value)
	}
	end, ok := s.end(last)
	switch {
	case !ok:
		return false
	case m.IsFlowStyle:
		return s.cut(end, end, ", "+key+": "+value)
	}
	return s.insertLine(s.lineEnd(end), s.indent(s.start(m))+key+": "+value)
}

func (s *source) drop(m *ast.MappingNode, key string) bool {
	if m == nil {
		return false
	}
	p := pair(m, key)
	if p == nil {
		return true
	}
	end, ok := s.end(p.Value)
	switch from := s.offset(p.Key.GetToken()); {
	case !ok:
		return false
	case m.IsFlowStyle:
		return s.cutItem(from, end)
	default:
		// The first key of a list element shares its line with the dash.
		return strings.TrimSpace(string(s.text[s.lineStart(from):from])) == "" && s.cut(s.lineStart(from), s.lineEnd(end), "")
	}
}

func (s *source) appendTo(key, element string) bool {
	p := pair(s.root, key)
	if p == nil {
		if s.root.IsFlowStyle {
			return s.put(s.root, key, "["+element+"]")
		}
		at := s.indent(s.start(s.root))
		return s.insertLine(len(s.text), at+key+":\n"+at+"  - "+element)
	}
	l, ok := p.Value.(*ast.SequenceNode)
	if !ok {
		return false
	}
	if len(l.Values) == 0 {
		if s.root.IsFlowStyle {
			return s.cut(s.offset(l.Start)+1, s.offset(l.End), element)
		}
		return s.cut(s.offset(p.Start)+1, s.offset(l.End)+1, s.ending()+s.indent(s.start(s.root))+"  - "+element)
	}
	end, ok := s.end(l.Values[len(l.Values)-1])
	switch {
	case !ok:
		return false
	case l.IsFlowStyle:
		return s.cut(end, end, ", "+element)
	}
	return s.insertLine(s.lineEnd(end), s.indent(s.offset(l.Start))+"- "+element)
}

func (s *source) removeFrom(key string, index int) bool {
	p := pair(s.root, key)
	if p == nil {
		return false
	}
	l, ok := p.Value.(*ast.SequenceNode)
	if !ok || index >= len(l.Values) {
		return false
	}
	from := s.start(l.Values[index])
	end, ok := s.end(l.Values[index])
	switch {
	case !ok:
		return false
	case l.IsFlowStyle && len(l.Values) == 1:
		return s.cut(s.offset(l.Start)+1, s.offset(l.End), "")
	case l.IsFlowStyle:
		return s.cutItem(from, end)
	}
	s.cut(s.lineStart(from), s.lineEnd(end), "")
	if colon := s.offset(p.Start) + 1; len(l.Values) == 1 { // an empty value would be null
		s.cut(colon, colon, " []")
	}
	return true
}

// cutItem removes an item in flow style with the comma behind it, or else the comma before it.
func (s *source) cutItem(from, end int) bool {
	behind := bytes.TrimLeft(s.text[end:], " \t\r\n")
	if bytes.HasPrefix(behind, []byte(",")) {
		end = len(s.text) - len(bytes.TrimLeft(behind[1:], " \t"))
	} else if before := bytes.TrimRight(s.text[:from], " \t\r\n"); bytes.HasSuffix(before, []byte(",")) {
		from = len(before) - 1
	}
	return s.cut(from, end, "")
}
