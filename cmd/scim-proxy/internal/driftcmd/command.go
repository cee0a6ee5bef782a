// Package driftcmd has the command that finds what was changed beside the proxy.
package driftcmd

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/operatecmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/placecmd"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/scim/document"
)

type options struct {
	placecmd.Flags
	output       string
	reapply, yes bool
}

// Report is what the command prints. Its JSON form is documented in docs/drift.md.
type Report drift.Outcome

// Command is `drift`.
func Command(e placecmd.Env) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "drift TENANT",
		Short: "Find what was changed in Keycloak beside the proxy (docs/drift.md)",
		Example: "  scim-proxy drift workforce\n" +
			"  scim-proxy drift workforce --reapply",
		Long: "Walks the users and groups of a tenant and compares them with what the provider wanted last. With --reapply, that is made so\n" +
			"again.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.Tenant = args[0]
			return o.run(c, e)
		},
	}
	o.Add(c)
	c.Flags().BoolVar(&o.reapply, "reapply", false, "make the last intent of the provider so again")
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	cli.OutputFlag(c, &o.output, "table", "json")
	return c
}

func (o *options) run(c *cobra.Command, e placecmd.Env) error {
	cfg, _, err := e.Tenants(o.Flags)
	if err != nil {
		return err
	}
	job := drift.Job{Tenant: o.Tenant, Operator: o.Operator}
	var r Report
	do := func() error {
		return operatecmd.Do(c.Context(), cfg, "drift", job, func(x drift.Outcome) error { r = Report(x); return nil })
	}
	if err := do(); err != nil {
		return err
	}
	if o.output == "table" || !o.reapply {
		if err := r.write(c.OutOrStdout(), o.output); err != nil {
			return err
		}
	}
	if n := r.Differences(); n == 0 || !o.reapply {
		if n > 0 {
			return fmt.Errorf("%d differences", n)
		}
		return nil
	}
	if err := placecmd.Confirm(c, o.yes, fmt.Sprintf("This reapplies up to %d values.", r.Differences())); err != nil {
		return err
	}
	job.Reapply = r.Plan
	failed := do()
	switch {
	case r.Request == "":
		return failed
	case o.output == "json":
		return errors.Join(r.write(c.OutOrStdout(), o.output), failed)
	}
	return errors.Join(r.outcome(c.OutOrStdout()), failed)
}

// shownValue is how many characters of a value the table shows.
const shownValue = 40

// shown is a text of a column.
func shown(text string) string { return cmp.Or(cli.OneLine(text), "-") }

func (r Report) write(out io.Writer, output string) error {
	if output == "json" {
		return cli.WriteJSON(out, r)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FOUND\tTYPE\tNAME\tATTRIBUTE\tINTENDED\tSHOWN\tUSER")
	for _, row := range r.Rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Kind, row.Type, shown(cmp.Or(row.Name, row.ID)), shown(row.Attribute),
			shown(document.Cut(row.Intended, shownValue)), shown(document.Cut(row.Shown, shownValue)), shown(row.User))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "tenant %s: %d users and %d groups compared with %d writes: %d users differ, %d resources undecided\n", r.Tenant, r.Users, r.Groups, r.Entries, r.Drifted, r.Undecided)
	if r.Capped {
		fmt.Fprintln(out, "the journal has more writes than were read: older intents are not known")
	}
	return nil
}

func (r Report) outcome(out io.Writer) error {
	done := 0
	for _, one := range r.Reapplied {
		if one.Done {
			done++
			continue
		}
		fmt.Fprintf(out, "not reapplied: %s %s %s: %s\n", one.Type, shown(cmp.Or(one.Name, one.ID)), shown(one.Attribute), shown(one.Reason))
	}
	_, err := fmt.Fprintf(out, "%d differences were reapplied\nto take that back: scim-proxy undo %s\n", done, r.Request)
	return err
}
