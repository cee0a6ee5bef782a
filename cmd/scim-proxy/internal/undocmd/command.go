// Package undocmd has the command that undoes what writes did, by the journal.
package undocmd

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/operatecmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/placecmd"
	"keycloak-scim-proxy/proxy/undo"
)

type options struct {
	placecmd.Flags
	undo.Selection
	since, until, output string
	dryRun, yes          bool
}

// Command is `undo`.
func Command(e placecmd.Env) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "undo [REQUEST]",
		Short: "Undo a request, or all writes since a time, by the journal (docs/undo.md)",
		Example: "  scim-proxy undo 4H7QJ2VYQ3XKZ5D6N5KQ5S2P4A --dry-run\n" +
			"  scim-proxy undo --tenant workforce --since 2h --user ada\n" +
			"  scim-proxy undo --tenant workforce --since 2026-11-26T09:00:00Z --until 2026-11-26T09:30:00Z --yes",
		Long: "Prints what would change, asks, and makes it so: attributes, memberships, active, and users that a DELETE has parked or\n" +
			"deactivated. Values that were changed meanwhile are left alone, and named.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Request = args[0]
			}
			if err := o.read(e); err != nil {
				return err
			}
			return o.run(c, e)
		},
	}
	o.Add(c)
	c.Flags().StringVar(&o.Tenant, "tenant", "", "the tenant; needed without a REQUEST")
	c.Flags().StringVar(&o.since, "since", "", "undo all writes since then: a span such as 2h, or a time such as 2026-11-26T09:00:00Z")
	c.Flags().StringVar(&o.until, "until", "", "leave writes alone from then on")
	c.Flags().StringVar(&o.User, "user", "", "only writes about this user: its id, or a userName that it had")
	c.Flags().StringVar(&o.Group, "group", "", "only writes to this group: its id, or a displayName that it had")
	c.Flags().BoolVar(&o.dryRun, "dry-run", false, "print what would change, and change nothing")
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	cli.OutputFlag(c, &o.output, "table", "json")
	return c
}

// read checks the flags.
func (o *options) read(e placecmd.Env) (err error) {
	switch {
	case o.Request == "" && o.since == "":
		return cli.Usage("name a REQUEST (the header X-Request-Id of its answer), or give --tenant and --since")
	case o.Request == "" && o.Tenant == "":
		return cli.Usage("--since needs --tenant")
	case o.User != "" && o.Group != "":
		return cli.Usage("--user and --group exclude each other")
	}
	if o.since != "" {
		if o.Since, err = cli.Since(o.since, e.Now()); err != nil {
			return err
		}
	}
	if o.until != "" {
		o.Until, err = cli.Since(o.until, e.Now())
	}
	return err
}

func (o *options) run(c *cobra.Command, e placecmd.Env) error {
	cfg, names, err := e.Tenants(o.Flags)
	if err != nil {
		return err
	}
	job := undo.Job{Tenants: names, Operator: o.Operator, Selection: o.Selection}
	var r Report
	do := func() error {
		return operatecmd.Do(c.Context(), cfg, "undo", job, func(x undo.Outcome) error { r = Report(x); return nil })
	}
	if err := do(); err != nil {
		return err
	}
	if o.dryRun || undo.Outcome(r).Changes() == 0 {
		return r.write(c, o.output)
	}
	if o.output == "table" {
		if err := r.write(c, o.output); err != nil {
			return err
		}
	}
	if err := placecmd.Confirm(c, o.yes, fmt.Sprintf("This makes %d changes.", undo.Outcome(r).Changes())); err != nil {
		return err
	}
	job.Tenants, job.Execute = []string{r.Tenant}, r.Plan
	failed := do()
	if r.Result == nil {
		return failed
	}
	return errors.Join(r.write(c, o.output), failed)
}
