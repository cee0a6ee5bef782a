package config_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md")

const page = "../docs/configuration.md"

// TestDocs holds docs/configuration.md to the comments of the structs; -update writes it.
func TestDocs(t *testing.T) {
	want := "# Configuration\n\nMade from the comments in `config` by `go test ./config -update`. Paths are relative to the file that names them.\n" +
		"`scim-proxy serve --config FILE` tells everything that is wrong at once, with file, line, column and path, and ends with 2.\n"
	for _, file := range []struct {
		name, root, title string
		defaults          reflect.Value
	}{
		{"config.go", "Config", "The main file", reflect.ValueOf(config.Default())},
		{"tenant.go", "Tenant", "A tenant's file, `tenantsDir`/*.yaml", reflect.ValueOf(config.DefaultTenant())},
	} {
		structs := parse(t, file.name)
		want += "\n## " + file.title + "\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n" + rows(structs, file.root, "", file.defaults)
	}
	want += "\n## A complete example\n\n```yaml\n" + example(t, "config.yaml") + "```\n\n```yaml\n" + example(t, "tenants.d/acme.yaml") + "```\n"
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/configuration.md is old, run go test ./config -update\n%s", diff)
	}
}

// example is taken from the file that TestLoad loads.
func example(t *testing.T, name string) string {
	t.Helper()
	dir, _ := unpack(t, "testdata/good.txtar")
	b, err := os.ReadFile(dir + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parse(t *testing.T, file string) map[string]*ast.StructType {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*ast.StructType{}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok {
			if st, ok := s.Type.(*ast.StructType); ok {
				out[s.Name.Name] = st
			}
		}
		return true
	})
	return out
}

func rows(structs map[string]*ast.StructType, name, prefix string, defaults reflect.Value) string {
	var out strings.Builder
	for _, f := range structs[name].Fields.List {
		key := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml")
		if key == "-" {
			continue
		}
		kind, list := typeName(f.Type)
		_, nested := structs[kind]
		shown := map[string]string{"string": "text", "int": "number", "bool": "true or false", "float64": "number"}[kind]
		if shown == "" {
			shown = strings.ToLower(kind)
		}
		if nested {
			shown = "section"
		}
		if list {
			shown = "list of " + shown
			key += "[]"
		}
		value := reflect.Value{}
		if defaults.Kind() == reflect.Struct {
			value = defaults.FieldByName(f.Names[0].Name)
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", prefix+key, shown, defaultText(value), strings.Join(strings.Fields(f.Doc.Text()), " "))
		if nested {
			out.WriteString(rows(structs, kind, prefix+key+".", value))
		}
	}
	return out.String()
}

func typeName(e ast.Expr) (name string, list bool) {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name, false
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.ArrayType:
		name, _ = typeName(e.Elt)
		return name, true
	}
	return "", false
}

// defaultText is empty where there is no default: what is zero must be said, or is off.
func defaultText(v reflect.Value) string {
	if !v.IsValid() || v.IsZero() || v.Kind() == reflect.Struct {
		return ""
	}
	if s, ok := reflect.TypeAssert[fmt.Stringer](v); ok {
		return "`" + s.String() + "`"
	}
	return fmt.Sprintf("`%v`", v.Interface())
}
