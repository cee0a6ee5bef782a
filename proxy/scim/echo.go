package scim

import (
	"fmt"

	"keycloak-scim-proxy/proxy/scim/document"
)

// said is text of an error in which all parts of the request have been cut.
type said string

// say formats text of an error. All text of a request in an error passes through it: it cuts every
// argument that is not cut yet.
func say(format string, args ...any) said {
	for i, arg := range args {
		switch a := arg.(type) {
		case said:
		case AttrPath:
			args[i] = cutPath(a).String()
		case Path:
			args[i] = a.cut()
		case string:
			args[i] = document.Cut(a, document.MaxEcho)
		case error:
			args[i] = document.Cut(a.Error(), document.MaxEcho)
		case fmt.Stringer:
			args[i] = document.Cut(a.String(), document.MaxEcho)
		}
	}
	return said(fmt.Sprintf(format, args...))
}

// cutPath cuts each part of the path, so that an attribute of an extension keeps its name.
func cutPath(p AttrPath) AttrPath {
	return AttrPath{URN: document.Cut(p.URN, document.MaxEcho), Name: document.Cut(p.Name, document.MaxEcho), Sub: document.Cut(p.Sub, document.MaxEcho)}
}

func (p Path) cut() string {
	if p.Filter == nil {
		return cutPath(p.AttrPath).String()
	}
	s := cutPath(p.Top()).String() + "[" + document.Cut(p.Filter.String(), document.MaxEcho) + "]"
	if p.Sub != "" {
		s += "." + document.Cut(p.Sub, document.MaxEcho)
	}
	return s
}
