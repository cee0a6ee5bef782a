package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/tenantfile"
)

// OutputFlag adds --output, or -o, with the allowed values, of which the first is the default.
func OutputFlag(c *cobra.Command, into *string, allowed ...string) {
	c.Flags().StringVarP(into, "output", "o", allowed[0], "one of "+strings.Join(allowed, ", "))
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	c.PreRunE = func(*cobra.Command, []string) error {
		if slices.Contains(allowed, *into) {
			return nil
		}
		return Usage("--output must be one of %s", strings.Join(allowed, ", "))
	}
}

// WriteJSON writes a value as JSON that is indented.
func WriteJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// Field is a key with its value: a string, boolean, integer or float64, Fields, or a list of them
// as []any.
type Field struct {
	Key   string
	Value any
}

// Fields are keys in their order.
type Fields []Field

// FieldsOf returns the keys of a section of the configuration that are not empty.
func FieldsOf(section any) Fields {
	fields := Fields{}
	v := reflect.ValueOf(section)
	for i := range v.NumField() {
		if key := v.Type().Field(i).Tag.Get("yaml"); key != "-" && !v.Field(i).IsZero() {
			fields = append(fields, Field{key, plainValue(v.Field(i))})
		}
	}
	return fields
}

func plainValue(v reflect.Value) any {
	switch known := v.Interface().(type) {
	case config.Date:
		return known.Format(time.RFC3339)
	case fmt.Stringer:
		return known.String()
	}
	switch v.Kind() {
	case reflect.Pointer:
		return plainValue(v.Elem())
	case reflect.Struct:
		return FieldsOf(v.Interface())
	case reflect.Slice:
		all := make([]any, v.Len())
		for i := range all {
			all[i] = plainValue(v.Index(i))
		}
		return all
	default:
		return v.Interface()
	}
}

// MarshalJSON keeps the order of the keys.
func (f Fields) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, field := range f {
		if i > 0 {
			out.WriteByte(',')
		}
		key, err := json.Marshal(field.Key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(field.Value)
		if err != nil {
			return nil, err
		}
		out.Write(append(append(key, ':'), value...))
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// WriteYAML writes the fields as YAML: sections and lists of sections in block style.
func (f Fields) WriteYAML(out io.Writer) { f.block(out, "") }

func (f Fields) block(out io.Writer, indent string) {
	for _, field := range f {
		switch v := field.Value.(type) {
		case Fields:
			fmt.Fprintf(out, "%s%s:\n", indent, field.Key)
			v.block(out, indent+"  ")
		case []any:
			if len(v) == 0 {
				fmt.Fprintf(out, "%s%s: []\n", indent, field.Key)
				continue
			}
			fmt.Fprintf(out, "%s%s:\n", indent, field.Key)
			for _, e := range v {
				fmt.Fprintf(out, "%s  - %s\n", indent, flow(e))
			}
		default:
			fmt.Fprintf(out, "%s%s: %s\n", indent, field.Key, flow(v))
		}
	}
}

// flow is a value on one line.
func flow(v any) string {
	var all []string
	switch v := v.(type) {
	case string:
		return tenantfile.Scalar(v)
	case Fields:
		for _, f := range v {
			all = append(all, f.Key+": "+flow(f.Value))
		}
		return "{" + strings.Join(all, ", ") + "}"
	case []any:
		for _, e := range v {
			all = append(all, flow(e))
		}
		return "[" + strings.Join(all, ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}
