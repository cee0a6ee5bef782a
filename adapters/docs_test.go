package adapters_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/adapters"
)

// The table of rules in docs/idps.md is up to date; -update writes it.
func TestDocs(t *testing.T) {
	const path, begin, end = "../docs/idps.md", "<!-- rules -->\n", "<!-- end of rules -->\n"
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(old), begin)
	_, after, also := strings.Cut(rest, end)
	if !ok || !also {
		t.Fatalf("%s has no place for the rules", path)
	}
	want := before + begin + rules() + end + after
	if want == string(old) {
		return
	}
	if !*update {
		t.Fatalf("%s does not have the current rules: run go test ./adapters -update", path)
	}
	if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

// rules formats a table of all rules, each once, with its dialects.
func rules() string {
	var order []string
	row, dialects := map[string]string{}, map[string][]string{}
	cell := func(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
	for _, idp := range adapters.Names() {
		for _, r := range adapters.For(idp).Rules {
			if !slices.Contains(order, r.Name) {
				order = append(order, r.Name)
				row[r.Name] = cell(r.Says) + " | " + cell(r.Source)
			}
			dialects[r.Name] = append(dialects[r.Name], idp)
		}
	}
	var b strings.Builder
	b.WriteString("| rule | dialects | what it says | evidence |\n| --- | --- | --- | --- |\n")
	for _, name := range order {
		of := strings.Join(dialects[name], ", ")
		if len(dialects[name]) == len(adapters.Names()) {
			of = "all"
		}
		b.WriteString("| `" + name + "` | " + of + " | " + row[name] + " |\n")
	}
	return b.String()
}
