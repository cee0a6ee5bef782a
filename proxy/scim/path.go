package scim

// Path is the path of a PATCH operation (RFC 7644 section 3.5.2): an attribute path. Filter, if
// set, selects elements of the attribute; Sub, if set, is a sub-attribute of them.
type Path struct {
	AttrPath
	Filter Filter
}

// String returns the path as written in requests.
func (p Path) String() string {
	if p.Filter == nil {
		return p.AttrPath.String()
	}
	s := p.Top().String() + "[" + p.Filter.String() + "]"
	if p.Sub != "" {
		s += "." + p.Sub
	}
	return s
}

// IsZero reports whether the operation has no path.
func (p Path) IsZero() bool { return p.AttrPath.IsZero() }

// ParsePath parses a PATCH path.
func ParsePath(s string) (Path, error) {
	p := parser{lexer: lexer{src: s}}
	path, err := p.path()
	if err != nil {
		return Path{}, InvalidPath("%s", err.detail("the path is not valid", s))
	}
	return path, nil
}

func (p *parser) path() (Path, *syntaxError) {
	if err := p.advance(); err != nil {
		return Path{}, err
	}
	attr, err := p.attribute()
	if err != nil {
		return Path{}, err
	}
	path := Path{AttrPath: attr}
	if p.tok.punct("[") {
		if path.Filter, err = p.bracket(); err != nil {
			return Path{}, err
		}
		if path.Sub, err = p.subAttribute(attr); err != nil {
			return Path{}, err
		}
	}
	if p.tok.kind != tokenEnd {
		return Path{}, p.unexpected("the end")
	}
	return path, nil
}
