package config

import (
	"bytes"
	"encoding"
	"errors"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// document is one file while it is read. The library's strict decoding ends at the first unknown key, so its syntax tree is walked here
// against the struct, and every mistake is collected.
type document struct {
	file      string
	positions map[string]*token.Position // of the keys and elements that are there, by path
	broken    map[string]bool            // paths whose value could not be taken: there is no more to say about them
	problems  Problems
}

// defaulter is a section that, where it is there, has defaults of its own.
type defaulter interface{ setDefaults() }

// readFile decodes a file into a struct. It is false where there is nothing to validate, for the file is no YAML at all.
func readFile(file string, into any) (*document, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return &document{file: file, problems: Problems{{File: file, Message: reason(err)}}}, false
	}
	return readBytes(file, b, into)
}

func readBytes(file string, b []byte, into any) (*document, bool) {
	d := &document{file: file, positions: map[string]*token.Position{}, broken: map[string]bool{}}
	// Repeated keys are reported by mapping, with all the rest.
	tree, err := parser.ParseBytes(bytes.TrimPrefix(b, []byte("\ufeff")), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return d, false
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		d.problems = append(d.problems, Problem{File: file, Message: "must be one YAML document that is not empty"})
		return d, false
	}
	d.decode(tree.Docs[0].Body, reflect.ValueOf(into).Elem(), "")
	return d, true
}

func (d *document) syntax(err error) {
	p := Problem{File: d.file, Message: "is not valid YAML"}
	if se, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		// Some messages quote what was found, which may be a secret: `password: |hunter2`.
		said, _, _ := strings.Cut(se.Message, `"`)
		p.Message += ": " + strings.TrimRight(strings.ReplaceAll(said, "\t", "tab"), ": ")
		if se.Token != nil && se.Token.Position != nil {
			p.Line, p.Column = se.Token.Position.Line, se.Token.Position.Column
		}
	}
	d.problems = append(d.problems, p)
}

// refuse reports that the value at a path cannot be taken.
func (d *document) refuse(path, message string) {
	d.wrong(path, message)
	d.broken[path] = true
}

// wrong reports a problem at a path; the position is that of the key, or of the nearest key above that is there. Where the value, or a section
// around it, could not be taken, that was told already.
func (d *document) wrong(path, message string) {
	p := Problem{File: d.file, Path: path, Message: message}
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
	d.problems = append(d.problems, p)
}

func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

func (d *document) decode(n ast.Node, v reflect.Value, path string) {
	switch n.Type() {
	default:
	case ast.AnchorType, ast.AliasType, ast.TagType:
		d.refuse(path, "anchors, aliases and tags are not used here: write the value itself")
		return
	case ast.NullType:
		// `tls:` alone may mean on to its writer, and `adminListen:` off.
		d.refuse(path, "has no value: write one, or leave the key out")
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		if into, ok := reflect.TypeAssert[defaulter](v); ok {
			into.setDefaults()
		}
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

func (d *document) mapping(n ast.Node, v reflect.Value, path string) {
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
			d.at(key, at, unknownKey(v.Type(), key.Value))
		case seen[key.Value]:
			d.at(key, at, "is there twice")
		default:
			seen[key.Value] = true
			d.positions[at] = key.Position
			d.decode(pair.Value, field, at)
		}
	}
}

// at reports a problem with a key itself.
func (d *document) at(key *token.Token, path, message string) {
	d.problems = append(d.problems, Problem{d.file, key.Position.Line, key.Position.Column, path, message})
}

func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag.Get("yaml"); tag == key && tag != "-" {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func (d *document) sequence(n ast.Node, v reflect.Value, path string) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.refuse(path, "must be a list")
		return
	}
	v.SetZero() // a list that is given replaces a default
	for i, e := range s.Values {
		item := reflect.New(v.Type().Elem()).Elem()
		at := path + "[" + strconv.Itoa(i) + "]"
		d.positions[at] = start(e)
		d.decode(e, item, at)
		v.Set(reflect.Append(v, item))
	}
}

// start is where a value begins; the token of a mapping in blocks is its first colon.
func start(n ast.Node) *token.Position {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	return n.GetToken().Position
}
