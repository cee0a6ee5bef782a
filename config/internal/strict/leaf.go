package strict

import (
	"encoding"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// text decodes a single value, quoted or not, into a type that reads text.
func (d *Document) text(n ast.Node, into encoding.TextUnmarshaler, path string) {
	said, ok := said(n)
	if !ok {
		d.refuse(path, "must be a single value")
		return
	}
	if err := into.UnmarshalText([]byte(said)); err != nil {
		d.refuse(path, err.Error())
	}
}

// said returns the text of a single value.
func said(n ast.Node) (string, bool) {
	if l, ok := n.(*ast.LiteralNode); ok {
		return l.Value.Value, true
	}
	if _, ok := n.(ast.ScalarNode); !ok {
		return "", false
	}
	return n.GetToken().Value, true
}

// Only plain decimal numbers are accepted: 010 is 8 in one version of YAML and 10 in another.
var (
	wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	anyNumber   = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

// leaf decodes the kinds of values that YAML knows, without conversion. (The library reads
// [redis:6379] inside braces as a mapping, so that value needs quotes too.)
func (d *Document) leaf(n ast.Node, v reflect.Value, path string) {
	text, single := said(n)
	switch kind := n.Type(); v.Kind() {
	case reflect.String:
		if kind != ast.StringType && kind != ast.LiteralType {
			d.refuse(path, "must be text: put it in quotes")
			return
		}
		v.SetString(text)
	case reflect.Bool:
		if kind != ast.BoolType {
			d.refuse(path, "must be true or false")
			return
		}
		v.SetBool(strings.EqualFold(text, "true"))
	case reflect.Int:
		i, err := strconv.Atoi(text)
		if kind != ast.IntegerType || !single || err != nil || !wholeNumber.MatchString(text) {
			d.refuse(path, "must be a whole number")
			return
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if kind != ast.IntegerType && kind != ast.FloatType || err != nil || !anyNumber.MatchString(text) {
			d.refuse(path, "must be a number")
			return
		}
		v.SetFloat(f)
	default:
		panic("strict: no YAML for " + v.Type().String()) // a programming error, which tests find
	}
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// shown is a key as it is printed in a path. A strange key is quoted, so that it can neither look
// like a path nor break the line.
func shown(key string) string {
	if plainKey.MatchString(key) {
		return key
	}
	if r := []rune(key); len(r) > 64 {
		key = string(r[:64]) + "…"
	}
	return strconv.Quote(key)
}
