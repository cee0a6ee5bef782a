package test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"keycloak-scim-proxy/adapters"
)

const (
	reportBegin = "<!-- report -->\n"
	reportEnd   = "<!-- end of report -->\n"
)

// writeReport replaces the text between the two marks in the file.
func writeReport(t *testing.T, path string, all map[string][]outcome) {
	t.Helper()
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(old), reportBegin)
	_, after, also := strings.Cut(rest, reportEnd)
	if !ok || !also {
		t.Fatalf("%s has no marks for the report: %s%s", path, reportBegin, reportEnd)
	}
	var table, details strings.Builder
	table.WriteString("| provider | shapes | through the proxy | Keycloak alone |\n| --- | --- | --- | --- |\n")
	for _, idp := range adapters.Names() {
		ours, native := 0, 0
		fmt.Fprintf(&details, "\n### %s\n\n| shape | what it means | proxy | Keycloak alone |\n| --- | --- | --- | --- |\n", idp)
		for _, o := range all[idp] {
			ours += one(o.ours)
			native += one(o.native)
			fmt.Fprintf(&details, "| %s | %s | %s | %s |\n", o.c.Name, cell(o.c.Intent, 160), verdict(o.ours), verdict(o.native))
		}
		fmt.Fprintf(&table, "| %s | %d | %d | %d |\n", idp, len(all[idp]), ours, native)
	}
	if err := os.WriteFile(path, []byte(before+reportBegin+table.String()+details.String()+reportEnd+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

func one(err error) int {
	if err == nil {
		return 1
	}
	return 0
}

func verdict(err error) string {
	if err == nil {
		return "ok"
	}
	return cell(uuids.ReplaceAllString(err.Error(), "…"), 110)
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

// cell returns text for a cell of a table, at most longest characters.
func cell(text string, longest int) string {
	text = strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "…"
	}
	return text
}
