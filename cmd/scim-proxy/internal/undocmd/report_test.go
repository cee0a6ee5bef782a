package undocmd

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/undo"
)

// A name that a provider has chosen adds no row to the table, and does not control the terminal.
func TestNamesInTable(t *testing.T) {
	row := undo.Row{Action: undo.Delete, Type: scim.Group, Name: "G\nleave\tGroup\x1b[1A\u009b2J\u202e", Reason: "said\nit", Now: "\"\u202e\""}
	var out strings.Builder
	if err := (Report{Rows: []undo.Row{row}}).table(&out); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != 3 || strings.ContainsAny(out.String(), "\x1b\u009b\u202e\t") {
		t.Errorf("%q", out.String())
	}
}
