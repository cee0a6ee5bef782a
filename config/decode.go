package config

import (
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
	positions map[string]*token.Position
	problems  Problems
}

// readFile decodes a file into a struct.
func readFile(file string, into any) *document {
	d := &document{file: file, positions: map[string]*token.Position{}}
	b, err := os.ReadFile(file)
	if err != nil {
		if pe, ok := errors.AsType[*os.PathError](err); ok {
			err = pe.Err
		}
		d.problems = append(d.problems, Problem{File: file, Message: err.Error()})
		return d
	}
	tree, err := parser.ParseBytes(b, 0)
	if err != nil {
		d.syntax(err)
		return d
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		d.problems = append(d.problems, Problem{File: file, Message: "must be one YAML document that is not empty"})
		return d
	}
	d.decode(tree.Docs[0].Body, reflect.ValueOf(into).Elem(), "")
	return d
}

func (d *document) syntax(err error) {
	p := Problem{File: d.file, Message: "is not valid YAML"}
	if se, ok := errors.AsType[*yaml.SyntaxError](err); ok {
		p.Message = se.Message
		if se.Token != nil {
			p.Line, p.Column = se.Token.Position.Line, se.Token.Position.Column
		}
	}
	d.problems = append(d.problems, p)
}

// wrong reports a problem at a path; the position is that of the key, or of the nearest key above that is there.
func (d *document) wrong(path, message string) {
	p := Problem{File: d.file, Path: path, Message: message}
	for at := path; at != ""; {
		if pos := d.positions[at]; pos != nil {
			p.Line, p.Column = pos.Line, pos.Column
			break
		}
		at = at[:max(strings.LastIndexAny(at, ".["), 0)]
	}
	d.problems = append(d.problems, p)
}

func (d *document) decode(n ast.Node, v reflect.Value, path string) {
	if n.Type() == ast.NullType {
		return
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	if into, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		d.scalar(n, path, into.UnmarshalText)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.sequence(n, v, path)
	default:
		d.scalar(n, path, func([]byte) error {
			if yaml.NodeToValue(n, v.Addr().Interface()) != nil {
				return errors.New("must be a " + kinds[v.Kind()])
			}
			return nil
		})
	}
}

var kinds = map[reflect.Kind]string{reflect.String: "string", reflect.Bool: "boolean", reflect.Int: "whole number", reflect.Float64: "number"}

func (d *document) scalar(n ast.Node, path string, set func([]byte) error) {
	if _, ok := n.(ast.ScalarNode); !ok {
		d.wrong(path, "must be a single value")
		return
	}
	if err := set([]byte(n.GetToken().Value)); err != nil {
		d.wrong(path, err.Error())
	}
}

func (d *document) mapping(n ast.Node, v reflect.Value, path string) {
	m, ok := n.(ast.MapNode)
	if !ok {
		d.wrong(path, "must be a mapping of keys to values")
		return
	}
	for it := m.MapRange(); it.Next(); {
		key := it.Key().GetToken()
		at := strings.TrimPrefix(path+"."+key.Value, ".")
		d.positions[at] = key.Position
		if field, ok := fieldOf(v, key.Value); ok {
			d.decode(it.Value(), field, at)
			continue
		}
		d.wrong(at, unknownKey(key.Value))
	}
}

// unknownKey says more to somebody who wants to write a secret into the file.
func unknownKey(key string) string {
	switch key {
	case "secret", "password":
		return "secrets are not written here: use " + key + "File or " + key + "Env"
	}
	return "unknown key"
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
		d.wrong(path, "must be a list")
		return
	}
	for i, e := range s.Values {
		item := reflect.New(v.Type().Elem()).Elem()
		at := path + "[" + strconv.Itoa(i) + "]"
		d.positions[at] = e.GetToken().Position
		d.decode(e, item, at)
		v.Set(reflect.Append(v, item))
	}
}
