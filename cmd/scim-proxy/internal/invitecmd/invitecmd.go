// Package invitecmd is the command that invites a customer to set up provisioning: `tenant invite`.
package invitecmd

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/operatecmd"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/operate"
)

// Env is what the command needs of the program.
type Env struct {
	Known configfile.Idps
}

type flags struct {
	file, output, span string
	show, revoke, live bool
	waive, reason      string
	unwaive            string
}

// Command is `tenant invite TENANT`.
func (e Env) Command() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "invite TENANT",
		Short: "Make a link by which a customer's administrator connects its identity provider alone, and see how far that is (docs/setup-link.md)",
		Example: "  scim-proxy tenant invite acme --for 7d\n" +
			"  scim-proxy tenant invite acme --show\n" +
			"  scim-proxy tenant invite acme --waive reactivate --reason \"the provider never does that\"\n" +
			"  scim-proxy tenant invite acme --revoke",
		Long: "Prints a link that works once, for one browser. It shows the customer the steps for its provider, makes the token, and has a checklist\n" +
			"that turns green while the provider is connected. A staged tenant lets that happen with users and groups that it creates meanwhile, and\n" +
			"with no others. A new link ends the former one and keeps what is done. Only an operator lets the tenant go live: tenant canary.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return e.run(c, args[0], f) },
	}
	cli.ConfigFlag(c, &f.file)
	c.Flags().StringVar(&f.span, "for", "7d", "how long the link and its session work, at most 30d")
	c.Flags().BoolVar(&f.show, "show", false, "show the invitation and its checklist")
	c.Flags().BoolVar(&f.revoke, "revoke", false, "end the invitation and its session")
	c.Flags().StringVar(&f.waive, "waive", "", "LINE: let a line of the checklist count as done, with --reason")
	c.Flags().StringVar(&f.reason, "reason", "", "with --waive: why")
	c.Flags().StringVar(&f.unwaive, "unwaive", "", "LINE: take the waiver of a line back")
	c.Flags().BoolVar(&f.live, "live", false, "also if the tenant is live: who has the link can write to all users then, because there is no trial")
	c.MarkFlagsMutuallyExclusive("for", "show", "revoke", "waive", "unwaive")
	for _, other := range []string{"show", "revoke", "waive", "unwaive"} {
		c.MarkFlagsMutuallyExclusive("live", other)
	}
	c.MarkFlagsRequiredTogether("waive", "reason")
	cli.OutputFlag(c, &f.output, "text", "json")
	return c
}

func (e Env) run(c *cobra.Command, tenant string, f flags) error {
	a := operate.InviteArguments{Tenant: tenant, Action: operate.InviteMake, By: cli.Operator(), Line: f.waive, Reason: f.reason, Live: f.live}
	switch {
	case f.show:
		a.Action = operate.InviteShow
	case f.revoke:
		a.Action = operate.InviteRevoke
	case f.waive != "":
		a.Action = operate.InviteWaive
	case f.unwaive != "":
		a.Action, a.Line = operate.InviteUnwaive, f.unwaive
	default:
		span, ok := cli.Span(f.span)
		if !ok {
			return cli.Usage("--for: %q is not a span such as 7d", f.span)
		}
		a.For = span
	}
	_, cfg, err := cli.Load(f.file, e.Known)
	if err != nil {
		return err
	}
	return operatecmd.Do(c.Context(), cfg, "invite", a, func(i operate.Invited) error {
		if f.output == "json" {
			return cli.WriteJSON(c.OutOrStdout(), i)
		}
		if i.Link != "" {
			_, err := fmt.Fprintln(c.OutOrStdout(), i.Link)
			fmt.Fprintf(c.ErrOrStderr(), "The link works once, until %s. It is a secret: send it to the administrator only. It cannot be shown again.\n", i.Expires.Format(time.RFC3339))
			return err
		}
		return show(c.OutOrStdout(), i)
	})
}

// show writes an invitation for people.
func show(out io.Writer, i operate.Invited) error {
	state := "open until " + i.Expires.Format(time.RFC3339)
	switch {
	case !i.Revoked.IsZero():
		state = fmt.Sprintf("revoked at %s by %s", i.Revoked.Format(time.RFC3339), i.RevokedBy)
	case !i.Open:
		state = "expired at " + i.Expires.Format(time.RFC3339)
	}
	opened := "its link was not opened yet"
	if !i.Opened.IsZero() {
		opened = "its link was opened at " + i.Opened.Format(time.RFC3339)
	}
	live := "staged"
	if i.Live {
		live = "live"
	}
	fmt.Fprintf(out, "The invitation of %s, made by %s, is %s; %s. The tenant is %s.\n\n", i.Tenant, cli.OneLine(i.By), state, opened, live)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LINE\tSTATE\tSINCE\tREQUEST\tLIVES IN")
	for _, l := range i.Lines {
		at := "-"
		if !l.At.IsZero() {
			at = l.At.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", l.ID, l.State, at, orDash(l.Request), orDash(l.Lives))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, l := range i.Lines {
		said(out, l)
	}
	return nil
}

// said writes what else is known about a line.
func said(out io.Writer, l checklist.Line) {
	if l.Reason != "" {
		fmt.Fprintf(out, "\n%s: %s\n", l.ID, cli.OneLine(strings.TrimSpace(l.Reason+". "+l.Change)))
	}
	if p := l.Problem; p != nil {
		fmt.Fprintf(out, "\n%s: it has worked, but at %s (request %s): %s\n", l.ID, p.At.Format(time.RFC3339), orDash(p.Request), cli.OneLine(strings.TrimSpace(p.Reason+". "+p.Change)))
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return cli.OneLine(s)
}
