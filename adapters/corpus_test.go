package adapters_test

import (
	"encoding/json"
	"flag"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/corpus"
)

var update = flag.Bool("update", false, "write what the dialects make of the corpus into its files")

func load(t *testing.T) []corpus.Case {
	t.Helper()
	cases, err := corpus.Load("testdata")
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("there is no corpus")
	}
	return cases
}

// through runs a dialect's rules as Decode does.
func through(idp string, w protocol.Request) (protocol.Request, []string) {
	return adapters.For(idp).Normalise(scim.CoreSchemas(), w)
}

// text formats a request as the files have it.
func text(w protocol.Request, fired []string) string {
	var b strings.Builder
	b.WriteString(w.Method + " /" + w.Type.Endpoint())
	if w.ID != "" {
		b.WriteString("/" + w.ID)
	}
	for _, k := range slices.Sorted(maps.Keys(w.Query)) {
		b.WriteString("\n" + k + ": " + strings.Join(w.Query[k], ", "))
	}
	if w.Projection.Quiet {
		b.WriteString("\nPrefer: return=minimal")
	}
	b.WriteString("\nrules: " + strings.Join(fired, " ") + "\n")
	if len(w.Body) > 0 {
		b.WriteString("\n" + indented(w.Body))
	}
	return b.String()
}

// indented formats JSON, and keeps the order of its members and the spelling of its numbers.
func indented(raw []byte) string {
	var v json.RawMessage = raw
	out, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return string(raw) + "\n"
	}
	return string(out) + "\n"
}

// wire reads a request with a repaired URL as the HTTP side does.
func wire(r corpus.Request) (protocol.Request, bool) {
	u, err := url.ParseRequestURI(r.Target)
	if err != nil {
		return protocol.Request{}, false
	}
	adapters.RepairURL(u)
	r.Target = u.RequestURI()
	return r.Wire()
}

func TestGolden(t *testing.T) {
	for _, c := range load(t) {
		t.Run(c.IDP+"/"+c.Name, func(t *testing.T) {
			var normal []string
			for _, r := range c.Requests {
				got := "not for a resource\n"
				if w, ok := wire(r); ok {
					got = text(through(c.IDP, w))
				}
				normal = append(normal, got)
			}
			if *update {
				if err := c.Update(normal); err != nil {
					t.Fatal(err)
				}
				return
			}
			if !slices.Equal(normal, c.Normal) {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s\n(-update writes the files)", c.Intent, strings.Join(normal, "\n"), strings.Join(c.Normal, "\n"))
			}
		})
	}
}

// Rules change nothing when they run a second time, and never change their input.
func TestIdempotentAndPure(t *testing.T) {
	for _, c := range load(t) {
		for _, r := range c.Requests {
			w, ok := wire(r)
			if !ok {
				continue
			}
			before := text(w, nil)
			once, _ := through(c.IDP, w)
			if text(w, nil) != before {
				t.Errorf("%s/%s: a rule changed its argument", c.IDP, c.Name)
			}
			if twice, fired := through(c.IDP, once); len(fired) > 0 || text(twice, nil) != text(once, nil) {
				t.Errorf("%s/%s: %v fired again:\n%s%s", c.IDP, c.Name, fired, text(once, nil), text(twice, nil))
			}
			for _, idp := range adapters.Names() {
				one, _ := through(idp, w)
				if two, fired := through(idp, one); len(fired) > 0 || text(two, nil) != text(one, nil) {
					t.Errorf("%s/%s by %s: %v fired again", c.IDP, c.Name, idp, fired)
				}
			}
		}
	}
}

// Every rule has its evidence, and each of a provider's own rules fires in a file of that provider.
func TestEveryRuleFiresAndIsSourced(t *testing.T) {
	fired := map[string]map[string]bool{}
	for _, c := range load(t) {
		if fired[c.IDP] == nil {
			fired[c.IDP] = map[string]bool{}
		}
		for _, r := range c.Requests {
			if w, ok := wire(r); ok {
				_, names := through(c.IDP, w)
				for _, n := range names {
					fired[c.IDP][n], fired["any"] = true, cloneWith(fired["any"], n)
				}
			}
		}
	}
	var generic []string
	for _, r := range adapters.For("generic").Rules {
		generic = append(generic, r.Name)
	}
	for _, idp := range adapters.Names() {
		for _, r := range adapters.For(idp).Rules {
			if r.Name == "" || r.Says == "" || r.Source == "" {
				t.Errorf("%s: rule %q lacks its sentence or its evidence", idp, r.Name)
			}
			shared := slices.Contains(generic, r.Name)
			if shared && !fired["any"][r.Name] || !shared && !fired[idp][r.Name] {
				t.Errorf("%s: no file makes rule %s fire", idp, r.Name)
			}
		}
	}
}

func cloneWith(m map[string]bool, key string) map[string]bool {
	if m = maps.Clone(m); m == nil {
		m = map[string]bool{}
	}
	m[key] = true
	return m
}
