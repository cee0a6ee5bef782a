package scim

import (
	"fmt"
	"unicode/utf8"
)

// MaxEcho is how many characters of a name or value of the request an error repeats. Attribute
// names and Keycloak's ids are shorter.
const MaxEcho = 64

// Cut is a text of at most limit characters. "…" stands for what is cut off.
func Cut(s string, limit int) string {
	if len(s) <= limit || utf8.RuneCountInString(s) <= limit {
		return s
	}
	n := 0
	for i := range s {
		if n++; n == limit {
			return s[:i] + "…"
		}
	}
	return s
}

// said is text of an error in which everything that comes from the request has been cut.
type said string

// say formats text of an error. It is the only place that puts text of a request into one: it cuts
// every argument that was not cut before.
func say(format string, args ...any) said {
	for i, arg := range args {
		switch a := arg.(type) {
		case said:
		case AttrPath:
			args[i] = a.cut().String()
		case Path:
			args[i] = a.cut()
		case string:
			args[i] = Cut(a, MaxEcho)
		case error:
			args[i] = Cut(a.Error(), MaxEcho)
		case fmt.Stringer:
			args[i] = Cut(a.String(), MaxEcho)
		}
	}
	return said(fmt.Sprintf(format, args...))
}

// cut cuts each part of the path, so that an attribute of an extension keeps its whole name.
func (p AttrPath) cut() AttrPath {
	return AttrPath{Cut(p.URN, MaxEcho), Cut(p.Name, MaxEcho), Cut(p.Sub, MaxEcho)}
}

func (p Path) cut() string {
	if p.Filter == nil {
		return p.AttrPath.cut().String()
	}
	s := p.Top().cut().String() + "[" + Cut(p.Filter.String(), MaxEcho) + "]"
	if p.Sub != "" {
		s += "." + Cut(p.Sub, MaxEcho)
	}
	return s
}
