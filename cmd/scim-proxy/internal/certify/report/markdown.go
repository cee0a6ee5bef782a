package report

import (
	"fmt"
	"html"
	"io"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify"
)

// special are the characters with a meaning in Markdown.
var special = strings.NewReplacer(`\`, `\\`, "`", "\\`", "|", `\|`, "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "!", `\!`, "~", `\~`, "://", `:\//`, "www.", `www\.`, "@", `\@`)

// Escaped is a text that Markdown shows as it is.
func Escaped(text string) string { return special.Replace(html.EscapeString(text)) }

// Markdown writes a report as a page with a table.
func Markdown(out io.Writer, r certify.Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# SCIM requirements of %s\n\nBegun: %s. Profile: %s\n\n", Escaped(r.URL), written(r.At), strings.Join(r.Profiles, ", "))
	for _, line := range summary(r) {
		b.WriteString("- " + Escaped(line) + "\n")
	}
	b.WriteString("\n| result | requirement | level | clause | text |\n| --- | --- | --- | --- | --- |\n")
	for _, one := range r.Results {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s |\n", one.State, one.ID, one.Level, Escaped(one.Clause), Escaped(one.Text))
	}
	b.WriteString("\n## Deviations, and requirements that were not checked\n")
	for _, one := range r.Results {
		switch {
		case one.Failure != nil:
			fmt.Fprintf(&b, "\n### `%s`\n\n%s. %s\n\n", one.ID, Escaped(one.Clause), Escaped(one.Text))
			for _, line := range [][2]string{{"sent", one.Failure.Sent}, {"expected", one.Failure.Expected}, {"shown", one.Failure.Shown}} {
				if line[1] != "" {
					fmt.Fprintf(&b, "- %s: %s\n", line[0], Escaped(line[1]))
				}
			}
		case one.Why != "":
			fmt.Fprintf(&b, "\n### `%s`\n\n%s: %s\n", one.ID, one.State, Escaped(one.Why))
		}
	}
	markdownTenant(&b, r.Tenant)
	_, err := io.WriteString(out, b.String())
	return err
}

func markdownTenant(b *strings.Builder, t *certify.Tenant) {
	if t == nil {
		return
	}
	fmt.Fprintf(b, "\n## Tenant %s\n\nIdentity provider: %s. %s\n", Escaped(t.Name), Escaped(t.IDP), Escaped(t.About()))
	if len(t.Checklist) > 0 {
		b.WriteString("\n| set-up | state | reason |\n| --- | --- | --- |\n")
	}
	for _, l := range t.Checklist {
		fmt.Fprintf(b, "| %s | %s | %s |\n", Escaped(l.Name), Escaped(l.State), Escaped(l.Reason))
	}
	if len(t.Rules) == 0 {
		b.WriteString("\nNo rule of the dialect changed one of them.\n")
		return
	}
	b.WriteString("\n| rule that fired | times | what it does |\n| --- | --- | --- |\n")
	for _, one := range t.Rules {
		fmt.Fprintf(b, "| %s | %d | %s |\n", Escaped(one.Name), one.Times, Escaped(one.Says))
	}
}
