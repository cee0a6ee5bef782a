package configfile_test

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

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/test/golden"
)

var update = flag.Bool("update", false, "write docs/configuration.md and the expectations of testdata/bad")

const page = "../../docs/configuration.md"

const head = `# Configuration

This page is generated from the comments in ¬config¬ by ¬go test ./config/configfile -update¬.

¬scim-proxy serve --config FILE¬ reads the main file and one file per tenant. All errors in all
files are reported together, each with file, line, column and key, and the exit code is 2. Errors
are unknown and repeated keys, keys without a value, values of a wrong kind, and missing files. YAML
anchors, aliases and tags are not supported. ¬scim-proxy config schema¬ prints the same as a JSON
Schema (draft 2020-12) for editors, ¬scim-proxy config schema tenant¬ that of a tenant's file.
¬scim-proxy config check¬ reports the errors without serving, and ¬scim-proxy config show¬ prints
every value with where it comes from ([doctor.md](doctor.md)).

¬scim-proxy serve --keycloak URL¬, without a file, serves every realm drop-in and has no tenants.
¬--store¬ is the file of the embedded store, and ¬--listen¬ is the address. Everything else has its
default. Without ¬--store¬ the file is ¬store.db¬ in ¬$STATE_DIRECTORY¬, which systemd sets for a
unit with ¬StateDirectory=¬, or else ¬scim-proxy/store.db¬ in ¬$XDG_STATE_HOME¬
(¬~/.local/state¬), on macOS in ¬~/Library/Application Support¬, and on Windows in
¬%LocalAppData%¬. Earlier versions kept it in the user's configuration directory
(¬~/.config/scim-proxy/store.db¬, on Windows in ¬%AppData%¬). A store that is there, and not in the
new place, stays in use; the log says where to move it while the proxy does not run.

- **Paths** are relative to the file that contains them.
- **Secrets** are never written in these files: a key that ends in ¬File¬ or ¬Env¬ names the place
  of the secret. It is read when it is used, so that it can be replaced while the proxy runs.
- A **size** is a number of bytes, or a number with KiB, MiB or GiB: ¬8MiB¬.
- A **duration** has units: ¬500ms¬, ¬20s¬, ¬1m30s¬.
- A **date** is a day or an RFC 3339 time: ¬2027-11-23¬, ¬2027-11-23T12:00:00Z¬.
- A **number** is a plain decimal number.
- A **text** that looks like a number, or like ¬true¬, needs quotes.
`

// docs/configuration.md must match the comments of the structs. With -update the test writes the
// page.
func TestDocs(t *testing.T) {
	want := strings.ReplaceAll(head, "¬", "`")
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
	golden.Check(t, page, want, *update, "go test ./config/configfile -update")
}

// example returns a file that TestLoad loads.
func example(t *testing.T, name string) string {
	t.Helper()
	dir, _ := unpack(t, "testdata/good.txtar")
	b, err := os.ReadFile(dir + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// parse returns every struct of package config.
func parse(t *testing.T) map[string]*ast.StructType {
	t.Helper()
	files, err := filepath.Glob("../*.go")
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
		if list {
			key += "[]"
		}
		value := reflect.Value{}
		if defaults.IsValid() {
			value = defaults.FieldByName(f.Names[0].Name)
		}
		if section, ok := configfile.DefaultSections()[kind]; ok {
			value = reflect.ValueOf(section)
		}
		if value.Kind() != reflect.Struct && nested {
			value = reflect.Value{}
		}
		if f.Doc.Text() == "" {
			t.Errorf("%s%s has no comment", prefix, key)
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", prefix+key, typeText(kind, nested, list), defaultText(value), meaning(f))
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

// meaning is the comment without the Go name at its beginning, because the table has the key in
// another column.
func meaning(f *ast.Field) string {
	text := strings.Join(strings.Fields(f.Doc.Text()), " ")
	if rest, ok := strings.CutPrefix(text, f.Names[0].Name+" "); ok && !strings.HasPrefix(rest, "of ") {
		text = capital(strings.TrimPrefix(strings.TrimPrefix(rest, "is "), "are "))
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

// defaultText is empty if there is no default: the key is required, or may be absent.
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
