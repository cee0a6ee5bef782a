package helm_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"
)

type object = map[string]any

func readObject(t *testing.T, file string) object {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(content, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// values.schema.json is schema/values.json with the definitions of the configuration, less the keys
// that the chart sets itself.
func TestValuesSchema(t *testing.T) {
	schema := readObject(t, "schema/values.json")
	defs := readObject(t, "../../config/configfile/schema.json")["$defs"].(object)
	def := func(name string) object { return defs[name].(object) }
	without := func(name string, taken ...string) {
		d := def(name)
		for _, key := range taken {
			if _, ok := d["properties"].(object)[key]; !ok {
				t.Errorf("%s has no %s", name, key)
			}
			delete(d["properties"].(object), key)
		}
		d["required"] = slices.DeleteFunc(d["required"].([]any), func(key any) bool { return slices.Contains(taken, key.(string)) })
	}
	without("Config", "listen", "adminListen", "tenantsDir")
	delete(def("Config"), "anyOf") // the chart always sets tenantsDir
	without("Tenant", "tenant")
	delete(def("ServiceAccount"), "oneOf") // the chart sets secretFile if both are absent
	def("ServiceAccount")["not"] = object{"required": []string{"secretFile", "secretEnv"}}
	schema["$defs"] = defs
	schema["$comment"] = "made from config/configfile/schema.json and deploy/helm/schema/values.json by: go test ./helm -update"
	text, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join(chartDir, "values.schema.json"), append(text, '\n'))
}

func compile(t *testing.T, file, definition string) *jsonschema.Schema {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7) // so that a missing $schema is found
	if err := c.AddResource("file:///schema.json", document); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("file:///schema.json" + definition)
	if err != nil {
		t.Fatal(err)
	}
	if s.DraftVersion != 2020 {
		t.Errorf("%s is of draft %d", file, s.DraftVersion)
	}
	return s
}

// The schema of the configuration accepts every file that the program accepts in its own tests, and
// the schema of values is one of draft 2020-12.
func TestConfigSchema(t *testing.T) {
	compile(t, filepath.Join(chartDir, "values.schema.json"), "")
	main, tenant := compile(t, "../../config/configfile/schema.json", ""), compile(t, "../../config/configfile/schema.json", "#/$defs/Tenant")
	for _, name := range []string{"good", "minimal", "proxies", "shared"} {
		file := "../../config/configfile/testdata/" + name + ".txtar"
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			schema := main
			if filepath.Dir(f.Name) != "." {
				schema = tenant
			}
			if filepath.Ext(f.Name) != ".yaml" {
				continue
			}
			if err := validate(schema, f.Data); err != nil {
				t.Errorf("%s %s: %v", file, f.Name, err)
			}
		}
	}
	for text, want := range map[string]string{
		"keycloak: {url: \"http://k\"}\ndropIn: {enabled: true}\nstore: {}\n":                                            "oneOf",
		"keycloak: {url: \"http://k\"}\nstore: {embedded: {path: a}}\n":                                                  "anyOf",
		"keycloak: {url: \"http://k\", timeout: 20}\ndropIn: {enabled: true}\nstore: {embedded: {path: a}}\n":            "/keycloak/timeout",
		"keycloak: {url: \"http://k\"}\ndropIn: {enabled: true}\nstore: {embedded: {path: a, size: 1}}\n":                "size",
		"keycloak: {url: \"http://k\"}\ndropIn: {enabled: true}\nstore: {embedded: {path: a}}\nlog: {level: trace}\n":    "/log/level",
		"keycloak: {url: \"http://k\"}\ndropIn: {enabled: true}\nstore: {embedded: {path: a}}\nlimits: {body: 8MB}\n":    "/limits/body",
		"keycloak: {url: \"http://k\"}\ndropIn: {enabled: true}\nstore: {embedded: {path: a}}\nlimits: {body: 1.5}\n":    "/limits/body",
		"keycloak: {url: \"http://k\"}\ndropIn: {enabled: true}\nstore: {embedded: {path: a}}\ntls: {certFile: a.crt}\n": "keyFile",
	} {
		if err := validate(main, []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s%v does not name %s", text, err, want)
		}
	}
}

func validate(s *jsonschema.Schema, text []byte) error {
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return s.Validate(value)
}

// Every key of values.yaml is in the schema, and every key of the schema has a default.
func TestSchemaHasTheDefaults(t *testing.T) {
	properties := readObject(t, filepath.Join(chartDir, "values.schema.json"))["properties"].(object)
	values := loadChart(t, chartDir).Values
	delete(properties, "global") // Helm adds it in a chart of charts
	if a, b := slices.Sorted(maps.Keys(properties)), slices.Sorted(maps.Keys(values)); !slices.Equal(a, b) {
		t.Errorf("schema %q\nvalues %q", a, b)
	}
}
