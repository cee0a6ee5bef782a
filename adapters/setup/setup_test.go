package setup_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/adapters/setup"
)

var update = flag.Bool("update", false, "write docs/providers.md")

const (
	page = "../../docs/providers.md"
	head = "# Connecting a provider, step by step\n\n" +
		"This page is written from `adapters/setup` by `go test ./adapters/setup -update`.\n\n" +
		"URL is the base URL of the tenant, such as `https://scim.example.com/tenants/acme/scim/v2`;\n" +
		"`scim-proxy tenant show acme` prints it. The token is that of `scim-proxy tenant token acme`.\n" +
		"[idps.md](idps.md) says how the requests of each provider are understood. Providers rename\n" +
		"buttons; the sources are their own pages, and pages of other SCIM servers if they have none.\n"
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
		for _, s := range slices.Concat(g.Steps, g.Notes) {
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

func TestDocs(t *testing.T) {
	var out strings.Builder
	out.WriteString(head)
	for _, g := range setup.All("URL") {
		fmt.Fprintf(&out, "\n## %s (`%s`)\n\n", g.Name, g.IDP)
		for i, s := range g.Steps {
			item(&out, fmt.Sprintf("%d. ", i+1), s)
		}
		out.WriteString("\n")
		for _, n := range g.Notes {
			item(&out, "- ", n)
		}
		out.WriteString("\n")
		item(&out, "", "Sources: "+strings.Join(g.Sources, "; ")+".")
	}
	if *update {
		if err := os.WriteFile(page, []byte(out.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if diff := cmp.Diff(out.String(), string(got)); diff != "" || err != nil {
		t.Errorf("docs/providers.md is old, run go test ./adapters/setup -update: %v\n%s", err, diff)
	}
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
