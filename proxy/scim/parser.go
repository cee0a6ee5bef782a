package scim

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// MaxFilterDepth is how deep parentheses and brackets of a filter may nest.
const MaxFilterDepth = 50

// ParseFilter parses a filter (RFC 7644 section 3.4.2.2). Beyond the RFC's grammar it accepts
// `emails[type eq "work"].value eq "x"`, which Entra sends, as `emails[type eq "work" and value eq
// "x"]`.
func ParseFilter(s string) (Filter, error) {
	p := parser{lexer: lexer{src: s}}
	f, err := p.whole()
	if err != nil {
		return nil, InvalidFilter("%s", err.detail("the filter is not valid", s))
	}
	return f, nil
}

type parser struct {
	lexer
	tok   token
	depth int
}

func (p *parser) whole() (Filter, *syntaxError) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	f, err := p.or()
	if err == nil && p.tok.kind != tokenEnd {
		err = p.unexpected("and, or, or the end")
	}
	return f, err
}

func (p *parser) advance() (err *syntaxError) {
	p.tok, err = p.next()
	return err
}

func (p *parser) unexpected(want string) *syntaxError {
	return &syntaxError{p.tok.at, say("expected %s, found %s", want, p.tok.describe())}
}

func (p *parser) or() (Filter, *syntaxError) {
	terms, err := p.chain("or", p.and)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return Or{terms}, nil
}

func (p *parser) and() (Filter, *syntaxError) {
	terms, err := p.chain("and", p.term)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return And{terms}, nil
}

func first(terms []Filter) Filter {
	if len(terms) == 0 {
		return nil
	}
	return terms[0]
}

func (p *parser) chain(word string, next func() (Filter, *syntaxError)) ([]Filter, *syntaxError) {
	var terms []Filter
	for {
		f, err := next()
		if err != nil {
			return nil, err
		}
		if terms = append(terms, f); !p.tok.is(word) {
			return terms, nil
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
}

func (p *parser) term() (Filter, *syntaxError) {
	if p.tok.punct("(") {
		return p.nested(")")
	}
	// "not" without a parenthesis is an attribute: `urn:…:User:not pr` prints as "not pr".
	if p.tok.is("not") && strings.HasPrefix(strings.TrimLeft(p.src[p.pos:], " \t"), "(") {
		if err := p.advance(); err != nil {
			return nil, err
		}
		f, err := p.nested(")")
		return Not{f}, err
	}
	return p.comparison()
}

// nested parses a filter up to its closing parenthesis or bracket. The opening one is the current
// token.
func (p *parser) nested(closing string) (Filter, *syntaxError) {
	if p.depth++; p.depth > MaxFilterDepth {
		return nil, &syntaxError{p.tok.at, say("nested deeper than %d", MaxFilterDepth)}
	}
	defer func() { p.depth-- }()
	if err := p.advance(); err != nil {
		return nil, err
	}
	f, err := p.or()
	if err != nil {
		return nil, err
	}
	if !p.tok.punct(closing) {
		return nil, p.unexpected(closing)
	}
	return f, p.advance()
}

func (p *parser) bracket() (Filter, *syntaxError) {
	open := p.tok.at
	f, err := p.nested("]")
	if err != nil {
		return nil, err
	}
	var inner *syntaxError
	Attributes(f, func(a AttrPath) {
		if a.URN != "" || a.Sub != "" {
			inner = &syntaxError{open, say("%q is not a sub-attribute", a)}
		}
	})
	return f, inner
}

// subAttribute parses the ".value" of `emails[...].value`, if there is one.
func (p *parser) subAttribute(attr AttrPath) (string, *syntaxError) {
	if attr.Sub != "" || attr.Name == "" {
		return "", &syntaxError{p.tok.at, say("%q cannot have a value filter", attr)}
	}
	if p.tok.kind != tokenWord || !strings.HasPrefix(p.tok.text, ".") {
		return "", nil
	}
	sub := p.tok.text[1:]
	if !attrName(sub) {
		return "", p.unexpected("a sub-attribute")
	}
	return sub, p.advance()
}

func (p *parser) attribute() (AttrPath, *syntaxError) {
	if p.tok.kind != tokenWord {
		return AttrPath{}, p.unexpected("an attribute")
	}
	attr, err := ParseAttrPath(p.tok.text)
	if err != nil {
		return AttrPath{}, &syntaxError{p.tok.at, say("%q is not an attribute", p.tok.text)}
	}
	return attr, p.advance()
}

func (p *parser) comparison() (Filter, *syntaxError) {
	attr, err := p.attribute()
	if err != nil {
		return nil, err
	}
	if p.tok.punct("[") {
		return p.within(attr)
	}
	return p.test(attr)
}

// test parses the rest of a comparison, or pr.
func (p *parser) test(attr AttrPath) (Filter, *syntaxError) {
	if p.tok.is("pr") {
		return Present{attr}, p.advance()
	}
	op, value, err := p.operand()
	return Compare{attr, op, value}, err
}

func (p *parser) within(attr AttrPath) (Filter, *syntaxError) {
	f, err := p.bracket()
	if err != nil {
		return nil, err
	}
	sub, err := p.subAttribute(attr)
	if err != nil || sub == "" {
		return Within{attr, f}, err
	}
	outer, err := p.test(AttrPath{Name: sub})
	terms := []Filter{f}
	if and, ok := f.(And); ok {
		terms = and.Terms
	}
	return Within{attr, And{append(slices.Clip(terms), outer)}}, err
}

func (p *parser) operand() (Operator, string, *syntaxError) {
	op := Operator(strings.ToLower(p.tok.text))
	switch op {
	case Eq, Ne, Co, Sw, Ew, Gt, Ge, Lt, Le:
	default:
		return "", "", p.unexpected("an operator")
	}
	if p.tok.kind != tokenWord {
		return "", "", p.unexpected("an operator")
	}
	if err := p.advance(); err != nil {
		return "", "", err
	}
	value := p.tok.text
	switch {
	case p.tok.kind == tokenString:
	case p.tok.kind == tokenWord && literal(value):
	default:
		return "", "", p.unexpected("a quoted string, a number, true, false or null")
	}
	return op, value, p.advance()
}

func literal(s string) bool {
	return s == "true" || s == "false" || s == "null" || number(s)
}

// number reports whether the whole text is a JSON number, without white space around it.
func number(s string) bool {
	return gjson.Valid(s) && gjson.Parse(s).Type == gjson.Number && strings.TrimSpace(s) == s
}
