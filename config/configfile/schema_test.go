package configfile_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

type object = map[string]any

// bounds has what the schema says of values beyond their type, by struct and key. Enumerations are
// candidates: a value that the program refuses is left out.
func bounds() map[string]object {
	positive, percent := object{"minimum": 1}, object{"minimum": 0, "maximum": 100}
	hex, uuid := "^[0-9A-Fa-f]{64}$", "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
	return map[string]object{
		"Keycloak.url": {"pattern": "^https?://"}, "Keycloak.maxInFlight": positive,
		"Limits.jsonDepth": {"minimum": 2}, "Limits.page": positive, "Limits.scan": positive, "Bulk.operations": positive,
		"Log.level": {"enum": []string{"debug", "info", "warn", "error"}}, "Log.format": {"enum": []string{"json", "console"}},
		"Redis.addresses": {"minItems": 1}, "Redis.db": {"minimum": 0}, "Redis.waitReplicas": {"minimum": 0}, "Sentinel.addresses": {"minItems": 1}, "Redis.prefix": {"pattern": "^[A-Za-z0-9._:-]{1,64}$"},
		"GuardUsers.count": {"minimum": 0}, "GuardUsers.percent": percent, "GuardMembers.count": {"minimum": 0}, "GuardMembers.percent": percent, "GuardWebhook.url": {"pattern": "^https?://"},
		"Encryption.keyFiles": {"minItems": 1},
		"Events.receivers":    {"minItems": 1}, "Receiver.name": {"pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"},
		"Webhook.url": {"pattern": "^https?://"}, "Webhook.tries": positive, "Poll.tokenSHA256": {"minItems": 1},
		"Tenant.tenant": {"pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}, "Tenant.organization": {"pattern": uuid},
		"Tenant.state": {"enum": []string{"live", "staged"}}, "Tenant.onDelete": {"enum": []string{"delete", "deactivate", "park", "detach"}},
		"Tenant.onLostAttributes": {"enum": []string{"alarm", "stop"}}, "Tenant.graceDays": {"minimum": 1, "maximum": 3650},
		"SSOLink.userId": {"enum": []string{"externalId", "userName"}}, "OAuth.clients": {"minItems": 1},
		"Tenant.unknownMembers": {"enum": []string{"fail", "skip"}}, "Tenant.profile": {"enum": []string{"tolerant", "strict"}},
		"Tenant.membersShown": {"minimum": 0}, "Token.id": {"pattern": "^[a-z0-9]{1,16}$"}, "Token.sha256": {"pattern": hex},
		"Extension.attributes": {"minItems": 1}, "ExtensionAttribute.name": {"pattern": "^[A-Za-z][A-Za-z0-9_-]*$"},
		"ExtensionAttribute.type": {"enum": []string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference"}},
		"Rate.burst":              positive, "Rate.concurrency": positive, "Rate.requestsPerSecond": {"exclusiveMinimum": 0},
	}
}

// together has what the schema says of keys of one struct together.
func together() map[string]object {
	either := func(keys ...string) (all []object) {
		for _, k := range keys {
			all = append(all, object{"required": []string{k}})
		}
		return all
	}
	return map[string]object{
		"Config":         {"anyOf": either("tenantsDir", "dropIn")},
		"Store":          {"oneOf": either("embedded", "redis")},
		"ServiceAccount": {"oneOf": either("secretFile", "secretEnv", "keyFile")},
		"Receiver":       {"oneOf": either("webhook", "poll")},
		"Redis":          {"oneOf": either("addresses", "sentinel"), "not": object{"required": []string{"passwordFile", "passwordEnv"}}},
		"Sentinel":       {"not": object{"required": []string{"passwordFile", "passwordEnv"}}},
		"TLS":            {"dependentRequired": object{"certFile": []string{"keyFile"}, "keyFile": []string{"certFile"}}},
	}
}

func TestSchema(t *testing.T) {
	structs, defs := parse(t), object{}
	define(t, structs, defs, "Config", reflect.ValueOf(config.Default()))
	define(t, structs, defs, "Tenant", reflect.ValueOf(config.DefaultTenant()))
	want, err := json.MarshalIndent(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "The main file of scim-proxy",
		"$comment": "made from the comments in config by: go test ./config/configfile -update", "$ref": "#/$defs/Config", "$defs": defs,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("schema.json", want, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), string(configfile.Schema())); diff != "" {
		t.Errorf("config/configfile/schema.json is old, run go test ./config/configfile -update\n%s", diff)
	}
	for _, table := range []map[string]object{bounds(), together()} {
		for at := range table {
			name, key, _ := strings.Cut(at, ".")
			def, _ := defs[name].(object)
			if _, ok := def["properties"].(object)[key]; !ok && key != "" || def == nil {
				t.Errorf("there is no %s", at)
			}
		}
	}
}

// define adds the definition of a struct and of those that it contains.
func define(t *testing.T, structs map[string]*ast.StructType, defs object, name string, defaults reflect.Value) {
	properties, required := object{}, []string{}
	def := object{"type": "object", "additionalProperties": false, "properties": properties}
	defs[name] = def
	for _, f := range structs[name].Fields.List {
		key := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("yaml")
		if key == "-" {
			continue
		}
		kind, list := typeName(f.Type)
		_, nested := structs[kind]
		value := reflect.Value{}
		if defaults.IsValid() {
			value = defaults.FieldByName(f.Names[0].Name)
		}
		if nested {
			inner := value
			if section, ok := configfile.DefaultSections()[kind]; ok {
				inner = reflect.ValueOf(section)
			}
			if inner.Kind() != reflect.Struct {
				inner = reflect.Value{}
			}
			define(t, structs, defs, kind, inner)
		}
		properties[key] = property(name, key, kind, nested, list, value, meaning(f))
		_, pointer := f.Type.(*ast.StarExpr)
		inside := nested && !pointer && !list && defs[kind].(object)["required"] != nil
		if comment := f.Doc.Text(); strings.Contains(strings.Join(strings.Fields(comment), " "), " Required.") || strings.Contains(comment, "Required: ") || inside {
			required = append(required, key)
		}
	}
	if len(required) > 0 {
		def["required"] = required
	}
	maps.Copy(def, together()[name])
}

// property is the schema of one key.
func property(name, key, kind string, nested, list bool, value reflect.Value, says string) object {
	p := object{}
	switch {
	case nested:
		p["$ref"] = "#/$defs/" + kind
	case kind == "string":
		p["type"] = "string"
	case kind == "bool":
		p["type"] = "boolean"
	case kind == "int":
		p["type"] = "integer"
	case kind == "float64":
		p["type"] = "number"
	case kind == "Size":
		p["type"], p["pattern"], p["minimum"] = []string{"integer", "string"}, "^[0-9]+( ?(KiB|MiB|GiB))?$", 0
	case kind == "Duration":
		p["type"], p["pattern"] = "string", `^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`
	case kind == "Date":
		p["type"], p["pattern"] = "string", `^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$`
	}
	if list {
		p = object{"type": "array", "items": p}
	}
	p["description"] = strings.ReplaceAll(says, `\|`, "|")
	for k, v := range bounds()[name+"."+key] {
		if k == "enum" {
			v = accepted(name, key, v.([]string))
		}
		p[k] = v
	}
	if text := strings.Trim(defaultText(value), "`"); text != "" {
		p["default"] = text
		if k := value.Kind(); k == reflect.Slice || k == reflect.Bool || k == reflect.Int {
			p["default"] = value.Interface()
		}
	}
	return p
}

// accepted leaves out the values that the program refuses.
func accepted(name, key string, candidates []string) []string {
	return slices.DeleteFunc(slices.Clone(candidates), func(value string) bool { return len(wrong(name, key, value)) > 0 })
}

// wrong reads a file with one value of an enumeration, and returns the problems with this key.
func wrong(name, key, value string) (found configfile.Problems) {
	var all configfile.Problems
	text, at := fmt.Sprintf("%s: %q\n", key, value), key
	switch name {
	case "Log":
		at = "log." + key
		all = configfile.ReadMain([]byte("log:\n  " + text))
	case "SSOLink":
		at = "ssoLink." + key
		all = configfile.ReadTenant([]byte("ssoLink:\n  " + text))
	case "ExtensionAttribute":
		at = "extensions[0].attributes[0]." + key
		all = configfile.ReadTenant([]byte("extensions: [{urn: \"urn:example:x\", attributes: [{name: a, " + strings.TrimSpace(text) + "}]}]\n"))
	default:
		all = configfile.ReadTenant([]byte(text))
	}
	for _, p := range all {
		if p.Path == at {
			found = append(found, p)
		}
	}
	return found
}

// The program refuses every value that an enumeration of the schema lacks.
func TestSchemaEnumerations(t *testing.T) {
	for at, b := range bounds() {
		name, key, _ := strings.Cut(at, ".")
		values, ok := b["enum"].([]string)
		if !ok {
			continue
		}
		if len(accepted(name, key, values)) == 0 {
			t.Errorf("%s: no value is accepted", at)
		}
		if len(wrong(name, key, "another")) == 0 {
			t.Errorf("%s: the value another is accepted", at)
		}
	}
}
