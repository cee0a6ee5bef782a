package driftcmd

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/scim"
)

// A name that was chosen in Keycloak adds no row to the table, and does not control the terminal.
func TestNamesInTable(t *testing.T) {
	row := drift.Row{Kind: drift.Changed, Type: scim.Group, Name: "G\nleft\tGroup\x1b[1A", Attribute: "displayName", Shown: "\"\u202e\""}
	var out strings.Builder
	if err := (Report{Report: drift.Report{Rows: []drift.Row{row}}}).write(&out, "table"); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "\n") != 3 || strings.ContainsAny(out.String(), "\x1b\u202e\t") {
		t.Errorf("%q", out.String())
	}
}
