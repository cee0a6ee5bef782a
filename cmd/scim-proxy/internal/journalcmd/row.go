package journalcmd

import (
	"cmp"
	"fmt"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim/document"
)

// rowForm has columns of a fixed width, because rows are printed as they come.
const rowForm = "%-20s  %-26s  %-14s  %-7s  %-11s  %s\n"

// by names the sender of a call.
func by(e journal.Entry) string {
	switch {
	case e.Operator != "":
		return "op " + e.Operator
	case e.Key != "":
		return e.Tenant + "/" + e.Key
	case e.Client != "":
		return e.Tenant + "/" + e.Client
	}
	return cmp.Or(e.Tenant, "-")
}

func outcome(e journal.Entry) string {
	if e.Status >= 400 {
		return fmt.Sprintf("%s %d", e.State, e.Status)
	}
	return string(e.State)
}

// mostText bounds the text of a row.
const mostText = 160

// summary is what a call changed, in one line.
func summary(e journal.Entry) string {
	parts := []string{}
	for _, c := range e.Changes {
		switch {
		case c.Timed():
		case e.Valueless:
			parts = append(parts, c.Path)
		case c.New == "":
			parts = append(parts, c.Path+" removed")
		default:
			parts = append(parts, c.Path+"="+c.New)
		}
	}
	if n := len(e.Added); n > 0 {
		parts = append(parts, fmt.Sprintf("+%d members", n))
	}
	if n := len(e.Removed); n > 0 {
		parts = append(parts, fmt.Sprintf("-%d members", n))
	}
	for _, s := range []string{e.Reason, e.Found} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.More > 0 {
		parts = append(parts, fmt.Sprintf("and %d more before it", e.More))
	}
	name := strings.TrimSpace(string(e.Type) + " " + cmp.Or(e.Name, e.Target))
	return cli.OneLine(document.Cut(strings.TrimSuffix(name+": "+strings.Join(parts, ", "), ": "), mostText))
}
