package setup_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/adapters/setup"
	"keycloak-scim-proxy/test/golden"
)

var update = flag.Bool("update", false, "write docs/idps")

const (
	dir     = "../../docs/idps"
	written = "<!-- written from adapters/setup by: go test ./adapters/setup -update -->\n\n"
	before  = `URL is the base URL of the tenant, such as ¬https://scim.example.com/tenants/acme/scim/v2¬;
¬scim-proxy tenant show acme¬ prints it. The token is that of ¬scim-proxy tenant token acme¬.
Providers rename buttons; the sources are their own pages, and pages of other SCIM servers if they
have none.

## Before you connect it

Add the tenant ([../tenants.md](../tenants.md)), and send the requests that the provider is
documented to send. Every end state is checked, and what was created is removed:

¬¬¬
scim-proxy tenant add acme --config config.yaml --realm saas --group acme --idp IDP
scim-proxy simulate --idp IDP --url https://scim.example.com --tenant acme --token-file acme.token
¬¬¬

How its requests are understood: [../idps.md](../idps.md#IDP).
`
)

// Every dialect has a guide that names the URL and the token, and sources.
func TestGuides(t *testing.T) {
	var names []string
	for _, g := range setup.All("https://scim.example.com/t") {
		names = append(names, g.IDP)
		text := strings.Join(append(g.Steps, g.Notes...), "\n")
		if !strings.Contains(text, "https://scim.example.com/t") || !strings.Contains(text, "token of the tenant") || len(g.Sources) == 0 || strings.Contains(text, "{") {
			t.Errorf("%s: %s", g.IDP, text)
		}
		if len(g.FirstSync) == 0 || len(g.Limits) == 0 {
			t.Errorf("%s: the first synchronisation or the limits are missing", g.IDP)
		}
		for _, s := range slices.Concat(g.Steps, g.Notes, g.FirstSync, g.Limits) {
			if !strings.HasSuffix(s, ".") || len(s) > 250 {
				t.Errorf("%s: %q", g.IDP, s)
			}
		}
		if steps := setup.Steps(g.IDP, "https://scim.example.com/t"); strings.Join(steps, "\n") != text {
			t.Errorf("%s: %q", g.IDP, steps)
		}
	}
	if diff := cmp.Diff(adapters.Names(), names); diff != "" {
		t.Error(diff)
	}
	if got := setup.For("acmehr", "https://x").IDP; got != "generic" {
		t.Error(got)
	}
	if again := setup.For("entra", "https://other"); strings.Contains(again.Steps[2], "example.com") {
		t.Errorf("a guide keeps the URL of another tenant: %s", again.Steps[2])
	}
}

// docs/idps has a page for each provider, and an index. With -update the test writes them.
func TestDocs(t *testing.T) {
	pages := map[string]string{"README.md": index()}
	for _, g := range setup.All("URL") {
		pages[g.IDP+".md"] = page(g)
	}
	there, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range there {
		if _, ok := pages[filepath.Base(file)]; !ok {
			t.Errorf("%s is the page of no dialect", file)
		}
	}
	for name, want := range pages {
		golden.Check(t, filepath.Join(dir, name), want, *update, "go test ./adapters/setup -update")
	}
}

func index() string {
	var out strings.Builder
	out.WriteString(written + `# Connecting a provider

Each page has the fields to fill in, the test to run before, what to expect in the first
synchronisation, and known limits. [../idps.md](../idps.md) says how the requests of each provider
are understood.

| provider | ¬idp¬ of the tenant |
| --- | --- |
`)
	for _, g := range setup.All("URL") {
		fmt.Fprintf(&out, "| [%s](%s.md) | `%s` |\n", g.Name, g.IDP, g.IDP)
	}
	return strings.ReplaceAll(out.String(), "¬", "`")
}

func page(g setup.Guide) string {
	var out strings.Builder
	fmt.Fprintf(&out, written+"# %s\n\n", g.Name)
	text := strings.ReplaceAll(strings.ReplaceAll(before, "¬", "`"), "IDP", g.IDP)
	out.WriteString(text + "\n## Connect it\n\n")
	for i, s := range g.Steps {
		item(&out, fmt.Sprintf("%d. ", i+1), s)
	}
	out.WriteString("\n")
	for _, n := range g.Notes {
		item(&out, "- ", n)
	}
	for _, section := range []struct {
		title string
		items []string
	}{{"The first synchronisation", g.FirstSync}, {"Known limits", g.Limits}, {"Sources", g.Sources}} {
		out.WriteString("\n## " + section.title + "\n\n")
		for _, n := range section.items {
			item(&out, "- ", n)
		}
	}
	return out.String()
}

// item writes a text at most 100 columns wide, indented behind its mark.
func item(out *strings.Builder, mark, text string) {
	line := mark
	for i, word := range strings.Fields(text) {
		switch {
		case i > 0 && len(line)+1+len(word) > 100:
			out.WriteString(line + "\n")
			line = strings.Repeat(" ", len(mark)) + word
		case i > 0:
			line += " " + word
		default:
			line += word
		}
	}
	out.WriteString(line + "\n")
}
