package configcmd

import (
	"encoding"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/tenantfile"
)

// Origins of a value.
const (
	fromFile    = "file"
	fromDefault = "default"
	// fromEnvironment: the file names an environment variable that has the value.
	fromEnvironment = "environment"
)

// entry is one value.
type entry struct {
	// Path is the path of the key, such as store.redis.addresses[0].
	Path   string `json:"path"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
	// File and Line are where the value is, or its name, unless it is a default.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// values are the values of a file in the order of the documentation.
type values []entry

// hidden are keys that are not shown.
const hidden = "sha256"

// flatten lists the values of a file with the lines of its keys. Keys that are absent and have no
// default are left out.
func flatten(section any, file string, lines map[string]int) values {
	f := &flattening{file: file, lines: lines}
	f.section(reflect.ValueOf(section), "")
	return f.all
}

type flattening struct {
	file  string
	lines map[string]int
	all   values
}

func (f *flattening) section(v reflect.Value, path string) {
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		if key == "-" || key == hidden {
			continue
		}
		f.value(v.Field(i), strings.TrimPrefix(path+"."+key, "."))
	}
}

func (f *flattening) value(v reflect.Value, path string) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if text, ok := single(v); ok {
		f.add(path, text, v.IsZero())
		return
	}
	before := len(f.all)
	switch v.Kind() {
	case reflect.Struct:
		f.section(v, path)
		if len(f.all) == before {
			f.add(path, map[string]any{}, true)
		}
	case reflect.Slice:
		for i := range v.Len() {
			f.value(v.Index(i), path+"["+strconv.Itoa(i)+"]")
		}
		if v.Len() == 0 {
			f.add(path, []any{}, true)
		}
	default:
		f.add(path, v.Interface(), v.Kind() == reflect.String && v.IsZero())
	}
}

// single returns the text of a value whose type reads texts.
func single(v reflect.Value) (string, bool) {
	p := reflect.New(v.Type())
	if _, ok := reflect.TypeAssert[encoding.TextUnmarshaler](p); !ok {
		return "", false
	}
	if d, ok := reflect.TypeAssert[config.Date](v); ok {
		return d.Format(time.RFC3339), true
	}
	return fmt.Sprint(v.Interface()), true
}

func (f *flattening) add(path string, value any, none bool) {
	e := entry{Path: path, Value: value, Origin: fromDefault}
	if line := f.lines[path]; line > 0 {
		e.Origin, e.File, e.Line = fromFile, f.file, line
	} else if none {
		return
	}
	if strings.HasSuffix(path, "Env") || path == "keycloak.proxy" && value == "environment" {
		e.Origin = fromEnvironment
	}
	f.all = append(f.all, e)
}

// writeYAML prints the values as YAML with comments that name their origin.
func (vs values) writeYAML(out io.Writer) error {
	var open []string // the sections and elements that are open
	var text strings.Builder
	for _, e := range vs {
		steps := strings.Split(strings.ReplaceAll(e.Path, "[", ".["), ".")
		at := 0
		for at < len(open) && at < len(steps)-1 && open[at] == steps[at] {
			at++
		}
		fresh := "" // the mark of a list element whose first key this is
		for ; at < len(steps)-1; at++ {
			if strings.HasPrefix(steps[at], "[") {
				fresh = "- "
				continue
			}
			fmt.Fprintf(&text, "%s%s%s:\n", indent(steps[:at], fresh), fresh, steps[at])
			fresh = ""
		}
		open = steps[:len(steps)-1]
		name := steps[len(steps)-1]
		if strings.HasPrefix(name, "[") {
			fmt.Fprintf(&text, "%s- %s  # %s\n", indent(steps[:len(steps)-1], ""), shown(e.Value), e.from())
			continue
		}
		fmt.Fprintf(&text, "%s%s%s: %s  # %s\n", indent(steps[:len(steps)-1], fresh), fresh, name, shown(e.Value), e.from())
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// indent is the white space before a key below these steps, without the mark of a list element.
func indent(steps []string, mark string) string {
	return strings.Repeat("  ", len(steps)-len(mark)/len("- "))
}

func shown(value any) string {
	switch v := value.(type) {
	case string:
		return tenantfile.Scalar(v)
	case map[string]any:
		return "{}"
	}
	return fmt.Sprint(value)
}

// from says where a value comes from.
func (e entry) from() string {
	if e.Origin == fromDefault {
		return "default"
	}
	at := fmt.Sprintf("%s:%d", e.File, e.Line)
	name, ok := e.Value.(string)
	switch {
	case e.Origin != fromEnvironment || !ok:
		return at
	case name == "environment":
		return at + ", from HTTP_PROXY, HTTPS_PROXY and NO_PROXY"
	case os.Getenv(name) == "":
		return at + ", a variable that is not set here"
	}
	return at + ", a variable that is set"
}
