package config_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md and the expectations of testdata/bad")

const page = "../docs/configuration.md"

const head = "# Configuration\n\n" +
	"Made from the comments in `config` by `go test ./config -update`.\n\n" +
	"`scim-proxy serve --config FILE` reads the main file and one file per tenant. Whatever is wrong in any of them is told at once, each with file,\n" +
	"line, column and key, and the program ends with 2: unknown and repeated keys, values of a wrong kind, files that are missing. A key without a\n" +
	"value is refused too; YAML anchors, aliases and tags are not used.\n\n" +
	"`scim-proxy serve --keycloak URL`, without a file, is drop-in for every realm and no tenants, with `--store` for the file of the embedded store\n" +
	"(default `scim-proxy/store.db` in the user's configuration directory) and everything else as below.\n\n" +
	"- **Paths** are relative to the file that names them.\n" +
	"- **Secrets** never stand in these files: a `…File` or a `…Env` names where they are. They are read when they are used, so that they can change.\n" +
	"- A **size** is a number of bytes, or one with KiB, MiB or GiB: `8MiB`. A **duration** has its units: `500ms`, `20s`, `1m30s`. A **date** is a day\n" +
	"  or an RFC 3339 time: `2027-11-23`, `2027-11-23T12:00:00Z`. **Numbers** are plain decimal ones. A **text** that looks like a number or like `true` needs quotes.\n"

// TestDocs holds docs/configuration.md to the comments of the structs; -update writes it.
func TestDocs(t *testing.T) {
	want := head
	structs := parse(t)
	for _, file := range []struct {
		root, title string
		defaults    reflect.Value
	}{
		{"Config", "The main file", reflect.ValueOf(config.Default())},
		{"Tenant", "A tenant's file, `tenantsDir`/*.yaml", reflect.ValueOf(config.DefaultTenant())},
	} {
		want += "\n## " + file.title + "\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n" + rows(t, structs, file.root, "", file.defaults)
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
	for key, says := range config.Unfinished() {
		if !strings.Contains(want, "`"+key) || !strings.Contains(want, "**"+capital(strings.TrimPrefix(says, "is "))+".**") {
			t.Errorf("nothing says that %s %s", key, says)
		}
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

// parse finds every struct of the package.
func parse(t *testing.T) map[string]*ast.StructType {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*ast.StructType{}
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok {
				if st, ok := s.Type.(*ast.StructType); ok && s.Name.Name != "Date" {
					out[s.Name.Name] = st
				}
			}
			return true
		})
	}
	return out
}

func rows(t *testing.T, structs map[string]*ast.StructType, name, prefix string, defaults reflect.Value) string {
	var out strings.Builder
	for _, f := range structs[name].Fields.List {
		key := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml")
		if key == "-" {
			continue
		}
		kind, list := typeName(f.Type)
		_, nested := structs[kind]
		says := config.Unfinished()[prefix+key]
		if list {
			key += "[]"
		}
		value := reflect.Value{}
		if defaults.IsValid() {
			value = defaults.FieldByName(f.Names[0].Name)
		}
		if section, ok := config.DefaultSections()[kind]; ok {
			value = reflect.ValueOf(section)
		}
		if value.Kind() != reflect.Struct && nested {
			value = reflect.Value{}
		}
		if f.Doc.Text() == "" {
			t.Errorf("%s%s has no comment", prefix, key)
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", prefix+key, typeText(kind, nested, list), defaultText(value), meaning(f, says))
		if nested {
			out.WriteString(rows(t, structs, kind, prefix+key+".", value))
		}
	}
	return out.String()
}

func typeText(kind string, nested, list bool) string {
	text := map[string]string{"string": "text", "int": "number", "bool": "true or false", "float64": "number"}[kind]
	if text == "" {
		text = strings.ToLower(kind)
	}
	if nested {
		text = "section"
	}
	if list {
		text = "list of " + text
	}
	return text
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

// meaning is the comment without the Go name that it begins with: the key stands before it.
func meaning(f *ast.Field, says string) string {
	text := strings.Join(strings.Fields(f.Doc.Text()), " ")
	if rest, ok := strings.CutPrefix(text, f.Names[0].Name+" "); ok && !strings.HasPrefix(rest, "of ") {
		text = capital(strings.TrimPrefix(strings.TrimPrefix(rest, "is "), "are "))
	}
	if says != "" {
		text += " **" + capital(strings.TrimPrefix(says, "is ")) + ".**"
	}
	return strings.ReplaceAll(text, "|", `\|`)
}

func capital(s string) string {
	if strings.HasPrefix(s, "host:port") {
		return s
	}
	r := []rune(s)
	return string(unicode.ToUpper(r[0])) + string(r[1:])
}

// defaultText is empty where there is no default: what is zero must be said, or is absent.
func defaultText(v reflect.Value) string {
	if !v.IsValid() || v.Kind() == reflect.Struct || v.IsZero() && v.Kind() != reflect.Bool {
		return ""
	}
	if s, ok := reflect.TypeAssert[fmt.Stringer](v); ok {
		return "`" + s.String() + "`"
	}
	if list, ok := reflect.TypeAssert[[]string](v); ok {
		return "`[" + strings.Join(list, ", ") + "]`"
	}
	return fmt.Sprintf("`%v`", v.Interface())
}
