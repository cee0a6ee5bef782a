package strict

import (
	"bytes"
	"encoding"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Document is one file and the problems in it. The library's strict decoding stops at the first
// unknown key, so Decode walks its syntax tree along the struct and collects every problem.
type Document struct {
	// File is the name that problems have.
	File string
	// Problems are those that were found so far.
	Problems Problems

	hooks     Hooks
	positions map[string]*token.Position // of the keys and elements in the file, by path
	broken    map[string]bool            // paths whose value could not be decoded: nothing more is reported about them
}

// Hooks tell the decoder about the structs.
type Hooks struct {
	// Defaults sets the defaults of a section that is present. It is called with a pointer to it.
	Defaults func(section any)
	// UnknownKey returns the message about a key that the struct does not have.
	UnknownKey func(section reflect.Type, key string) string
}

// Decode decodes a YAML document into a struct. It returns false if the document is not YAML, so
// that there is nothing to validate.
func Decode(file string, b []byte, into any, hooks Hooks) (*Document, bool) {
	d := &Document{File: file, hooks: hooks, positions: map[string]*token.Position{}, broken: map[string]bool{}}
	// mapping reports repeated keys, so the parser must accept them.
	tree, err := parser.ParseBytes(bytes.TrimPrefix(b, []byte("\ufeff")), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return d, false
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		d.Problems = append(d.Problems, Problem{File: file, Message: "must be one YAML document that is not empty"})
		return d, false
	}
	d.decode(tree.Docs[0].Body, reflect.ValueOf(into).Elem(), "")
	return d, true
}

func (d *Document) syntax(err error) {
	p := Problem{File: d.File, Message: "is not valid YAML"}
	if se, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		// Some messages quote the value, which may be a secret: `password: |hunter2`.
		said, _, _ := strings.Cut(se.Message, `"`)
		p.Message += ": " + strings.TrimRight(strings.ReplaceAll(said, "\t", "tab"), ": ")
		if se.Token != nil && se.Token.Position != nil {
			p.Line, p.Column = se.Token.Position.Line, se.Token.Position.Column
		}
	}
	d.Problems = append(d.Problems, p)
}

// refuse reports that the value at a path cannot be decoded.
func (d *Document) refuse(path, message string) {
	d.Wrong(path, message)
	d.broken[path] = true
}

// Wrong reports a problem at a path. Its position is that of the key, or of the nearest key above
// it that is there. If the value, or a section around it, could not be decoded, that was reported
// before, and this is not.
func (d *Document) Wrong(path, message string) {
	p := Problem{File: d.File, Path: path, Message: message}
	for at := path; ; at = parent(at) {
		if d.broken[at] {
			return
		}
		if pos := d.positions[at]; pos != nil && p.Line == 0 {
			p.Line, p.Column = pos.Line, pos.Column
		}
		if at == "" {
			break
		}
	}
	d.Problems = append(d.Problems, p)
}

// Lines returns the line of each key and each element of a list in the file, by path.
func (d *Document) Lines() map[string]int {
	lines := make(map[string]int, len(d.positions))
	for path, at := range d.positions {
		lines[path] = at.Line
	}
	return lines
}

func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

func (d *Document) decode(n ast.Node, v reflect.Value, path string) {
	switch n.Type() {
	default:
	case ast.AnchorType, ast.AliasType, ast.TagType:
		d.refuse(path, "anchors, aliases and tags are not supported: write the value itself")
		return
	case ast.NullType:
		// An empty `tls:` could be read as "on", and an empty `adminListen:` as "off".
		d.refuse(path, "has no value: set one, or leave the key out")
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		d.hooks.Defaults(v.Interface())
		v = v.Elem()
	}
	if into, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		d.text(n, into, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, path)
	default:
		d.leaf(n, v, path)
	}
}

func (d *Document) mapping(n ast.Node, v reflect.Value, path string) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.refuse(path, "must be a mapping of keys to values")
		return
	}
	seen := map[string]bool{}
	for _, pair := range m.Values {
		key := pair.Key.GetToken()
		at := strings.TrimPrefix(path+"."+shown(key.Value), ".")
		switch field, known := fieldOf(v, key.Value); {
		case !known:
			d.at(key, at, d.hooks.UnknownKey(v.Type(), key.Value))
		case seen[key.Value]:
			d.at(key, at, "is set twice")
		default:
			seen[key.Value] = true
			d.positions[at] = key.Position
			d.decode(pair.Value, field, at)
		}
	}
}

// at reports a problem with a key itself.
func (d *Document) at(key *token.Token, path, message string) {
	d.Problems = append(d.Problems, Problem{d.File, key.Position.Line, key.Position.Column, path, message})
}

func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag.Get("yaml"); tag == key && tag != "-" {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func (d *Document) sequence(n ast.Node, v reflect.Value, path string) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.refuse(path, "must be a list")
		return
	}
	v.SetZero() // a list replaces the default
	for i, e := range s.Values {
		item := reflect.New(v.Type().Elem()).Elem()
		at := path + "[" + strconv.Itoa(i) + "]"
		d.positions[at] = start(e)
		d.decode(e, item, at)
		v.Set(reflect.Append(v, item))
	}
}

// start is where a value begins. The token of a block mapping is its first colon, so its first key
// is used.
func start(n ast.Node) *token.Position {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	return n.GetToken().Position
}
