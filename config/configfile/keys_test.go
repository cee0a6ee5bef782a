package configfile_test

import (
	"encoding"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

// leaf is a key with a value.
type leaf struct {
	path []string
	kind reflect.Type
}

// leaves returns all keys of a struct that have values, including those in lists.
func leaves(section reflect.Type, above ...string) []leaf {
	var all []leaf
	for f := range section.Fields() {
		tag, kind := f.Tag.Get("yaml"), f.Type
		if tag == "-" {
			continue
		}
		if kind.Kind() == reflect.Slice {
			tag, kind = tag+"[]", kind.Elem()
		}
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		path := append(append([]string{}, above...), tag)
		if kind.Kind() == reflect.Struct && !reflect.PointerTo(kind).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
			all = append(all, leaves(kind, path...)...)
			continue
		}
		all = append(all, leaf{path, kind})
	}
	return all
}

// The document has only a key and its value.
func (l leaf) yaml(value string) string {
	text := value
	for _, key := range slices.Backward(l.path) {
		key, list := strings.CutSuffix(key, "[]")
		if list {
			text = "[" + text + "]"
		}
		text = "{" + key + ": " + text + "}"
	}
	return text
}

// No value of any key causes a panic or is repeated in a message: it may be a secret in the wrong
// place.
func TestNoValueIsRepeated(t *testing.T) {
	for _, file := range []struct {
		read func([]byte) configfile.Problems
		root reflect.Type
	}{
		{configfile.ReadMain, reflect.TypeFor[config.Config]()},
		{configfile.ReadTenant, reflect.TypeFor[config.Tenant]()},
	} {
		keys := leaves(file.root)
		if len(keys) < 20 {
			t.Fatal("keys are missing:", keys)
		}
		for _, l := range keys {
			for _, value := range []string{`"hunter2 !"`, "hunter2", "'http://hunter2:hunter2@host'", "[hunter2]", "[[hunter2]]", "&hunter2 x", "*hunter2", "!hunter2 x", "7", "-7", "true", "1.5", "{}", "~"} {
				for _, p := range file.read([]byte(l.yaml(value))) {
					if strings.Contains(p.String(), "hunter2") {
						t.Errorf("%s: %s", l.yaml(value), p)
					}
				}
			}
		}
	}
}

// Every key accepts the values of its type and no others.
func TestKinds(t *testing.T) {
	kinds := regexp.MustCompile(`^must be (text|true or false|a whole number|a number|a size|a duration|a date|a single value|a mapping|a list)\b`)
	values := map[string][]reflect.Type{
		"'2 words'": {reflect.TypeFor[string]()},
		"true":      {reflect.TypeFor[bool]()},
		"7":         {reflect.TypeFor[int](), reflect.TypeFor[float64](), reflect.TypeFor[config.Size]()},
		"7.5":       {reflect.TypeFor[float64]()},
		"7KiB":      {reflect.TypeFor[string](), reflect.TypeFor[config.Size]()},
		"7s":        {reflect.TypeFor[string](), reflect.TypeFor[config.Duration]()},
		"[7]":       {},
		"{a: 7}":    {},
	}
	for _, l := range append(leaves(reflect.TypeFor[config.Config]()), leaves(reflect.TypeFor[config.Tenant]())...) {
		read := configfile.ReadMain
		if _, ok := fieldByTag(reflect.TypeFor[config.Tenant](), l.path[0]); ok {
			read = configfile.ReadTenant
		}
		path := strings.ReplaceAll(strings.Join(l.path, "."), "[]", "[0]")
		for value, may := range values {
			refused := false
			for _, p := range read([]byte(l.yaml(value))) {
				refused = refused || p.Path == path && kinds.MatchString(p.Message)
			}
			allowed := false
			for _, kind := range may {
				allowed = allowed || kind == l.kind
			}
			if refused == allowed {
				t.Errorf("%s, a %s: refused %v", l.yaml(value), l.kind, refused)
			}
		}
	}
}

func fieldByTag(section reflect.Type, tag string) (reflect.StructField, bool) {
	for f := range section.Fields() {
		if f.Tag.Get("yaml") == strings.TrimSuffix(tag, "[]") {
			return f, true
		}
	}
	return reflect.StructField{}, false
}

// Every key that names a file is relative to the file that contains it. The test finds new keys
// too.
func TestPaths(t *testing.T) {
	c := &config.Config{
		TLS:    &config.Certificate{},
		Audit:  &config.Audit{},
		Guard:  config.Guard{Webhook: &config.GuardWebhook{}},
		Store:  config.Store{Embedded: &config.Embedded{}, Redis: &config.Redis{TLS: &config.TLS{}, Sentinel: &config.Sentinel{TLS: &config.TLS{}}}, Encryption: &config.Encryption{KeyFiles: []string{"k"}}},
		Events: &config.Events{KeyFiles: []string{"k"}, Receivers: []config.Receiver{{Webhook: &config.Webhook{}}}},
	}
	want := 0
	for _, l := range leaves(reflect.TypeOf(*c)) {
		name := strings.TrimSuffix(l.path[len(l.path)-1], "[]")
		if strings.HasSuffix(name, "File") || strings.HasSuffix(name, "Files") || strings.HasSuffix(name, "Dir") || name == "path" || name == "file" {
			want++
		}
	}
	distinct := map[*string]bool{}
	for _, p := range configfile.Paths(c) {
		distinct[p] = true
	}
	if len(distinct) != want {
		t.Errorf("%d of %d paths are made relative", len(distinct), want)
	}
}

func FuzzRead(f *testing.F) {
	for _, file := range []string{
		"keycloak: {url: http://k}\nstore: {embedded: {path: x}}\ndropIn: {enabled: true}\n",
		"tenant: acme\ntokens:\n  - {id: k1, sha256: x}\n  -\n", "a: &a [*a]\n<<: *a\n", "? {a: b}\n: |2-\n  x\n", "{a: [b, {c: 'd", "\ufeff--- !!map\n\"\\x00\": >\n", "- - -\n", "a:\n\tb: c\n",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, p := range append(configfile.ReadMain(b), configfile.ReadTenant(b)...) {
			if p.File == "" || p.Message == "" || p.Line < 0 || p.Column < 0 || (p.Line == 0) != (p.Column == 0) {
				t.Errorf("%q: %+v", b, p)
			}
			if i := strings.IndexFunc(p.String(), func(r rune) bool { return unicode.IsControl(r) }); i >= 0 {
				t.Errorf("%q: %q has a control character", b, p)
			}
		}
	})
}
