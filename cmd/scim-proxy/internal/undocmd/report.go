package undocmd

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/undo"
)

// Report is what the command prints. Its JSON form is documented in docs/undo.md.
type Report undo.Outcome

func (r Report) write(c *cobra.Command, output string) error {
	out := c.OutOrStdout()
	switch {
	case output == "json":
		return cli.WriteJSON(out, r)
	case r.Result == nil:
		return r.table(out)
	}
	fmt.Fprintf(out, "%d changes were made, %d were not\n", len(r.Done), len(r.Left))
	for _, row := range r.Left {
		fmt.Fprintf(out, "  %s %s %s: %s\n", row.Type, cli.OneLine(cmp.Or(row.Name, row.ID)), cli.OneLine(row.Attribute), cli.OneLine(row.Reason))
	}
	_, err := fmt.Fprintf(out, "to take the undo back: scim-proxy undo %s\n", r.Request)
	return err
}

// shownValue is how many characters of a value the table shows.
const shownValue = 40

// shown is a text of a column.
func shown(text string) string { return cmp.Or(cli.OneLine(text), "-") }

func (r Report) table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACTION\tTYPE\tNAME\tATTRIBUTE\tNOW\tTHEN\tREASON")
	for _, row := range r.Rows {
		now, then := row.Now, row.Then
		if row.Action == undo.Add || row.Action == undo.Remove {
			now, then = cmp.Or(row.Then, row.Now), ""
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Action, row.Type, shown(cmp.Or(row.Name, row.ID)), shown(row.Attribute),
			shown(document.Cut(now, shownValue)), shown(document.Cut(then, shownValue)), shown(row.Reason))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	left := 0
	for _, row := range r.Rows {
		if row.Action == undo.Leave {
			left++
		}
	}
	_, err := fmt.Fprintf(out, "tenant %s: %d writes of %d requests, %d changes, %d things are left alone\n", r.Tenant, r.Entries, len(r.Requests), len(r.Rows)-left, left)
	return err
}
