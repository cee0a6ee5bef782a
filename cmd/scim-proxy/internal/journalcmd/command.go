// Package journalcmd has the commands that read the journal of a tenant: `journal` and `explain`.
package journalcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/operatecmd"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operate"
)

// Env is what the commands need of the program.
type Env struct {
	Known configfile.Idps
	Now   func() time.Time
}

type journalFlags struct {
	file, output               string
	user, group, request, verb string
	since, payloads            string
	failed, follow             bool
	most                       int
}

// Journal is `journal TENANT`.
func (e Env) Journal() *cobra.Command {
	var f journalFlags
	c := &cobra.Command{
		Use:   "journal TENANT",
		Short: "Show what the writes of a tenant did (docs/journal.md)",
		Example: "  scim-proxy journal acme --since 2h --failed\n" +
			"  scim-proxy journal acme --user ada@example.com\n" +
			"  scim-proxy journal acme --follow",
		Long: "Shows the writes to the realm or group of a tenant, oldest first: by default the last 100 of them. Without a proxy that runs, the\n" +
			"command reads the store itself.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return e.journal(c, args[0], f) },
	}
	cli.ConfigFlag(c, &f.file)
	cli.OutputFlag(c, &f.output, "table", "json")
	c.Flags().StringVar(&f.user, "user", "", "only what concerns a user: an id, or a userName at any time")
	c.Flags().StringVar(&f.group, "group", "", "only what concerns a group: an id, or a displayName at any time")
	c.Flags().StringVar(&f.request, "request", "", "only one request, by its id (X-Request-Id, or request in the log)")
	c.Flags().StringVar(&f.since, "since", "", "only from then on: a span such as 2h or 7d, a day, or an RFC 3339 time")
	c.Flags().StringVar(&f.verb, "verb", "", "only one kind: create, replace, patch, delete, undo, reapply, or an action such as \"token made\"")
	c.Flags().BoolVar(&f.failed, "failed", false, "only what was refused, failed, or is not known")
	c.Flags().BoolVar(&f.follow, "follow", false, "go on with new ones until Ctrl-C")
	c.Flags().IntVar(&f.most, "most", 100, "how many are shown, the last ones; 0: all")
	c.Flags().StringVar(&f.payloads, "payloads", "", "record the bodies of the tenant's requests from now on, for a span of at most 1h; 0s ends it")
	return c
}

func (e Env) journal(c *cobra.Command, tenant string, f journalFlags) error {
	q := journal.Query{User: f.user, Group: f.group, Request: f.request, Verb: f.verb, Failed: f.failed, Most: f.most, Last: true}
	if f.user != "" && f.group != "" {
		return cli.Usage("--user and --group exclude each other")
	}
	if f.most < 0 {
		return cli.Usage("--most is negative")
	}
	var err error
	if f.since != "" {
		if q.Since, err = cli.Since(f.since, e.Now()); err != nil {
			return err
		}
	}
	_, cfg, err := cli.Load(f.file, e.Known)
	if err != nil {
		return err
	}
	if f.payloads != "" {
		span, ok := cli.Span(f.payloads)
		if !ok {
			return cli.Usage("--payloads: %q is not a span such as 30m", f.payloads)
		}
		return operatecmd.Do(c.Context(), cfg, "payloads", operate.PayloadArguments{Tenant: tenant, For: span}, func(until time.Time) error {
			_, err := fmt.Fprintf(c.OutOrStdout(), "the bodies of requests of %s are recorded until %s, without passwords\n", tenant, until.Format(time.RFC3339))
			return err
		})
	}
	show := printed(c.OutOrStdout(), f.output)
	err = operatecmd.Do(c.Context(), cfg, "journal", operate.JournalArguments{Tenant: tenant, Query: q, Follow: f.follow}, show)
	if f.follow && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// printed prints entries as they come.
func printed(out io.Writer, output string) func(journal.Entry) error {
	if output == "json" {
		lines := json.NewEncoder(out)
		lines.SetEscapeHTML(false)
		return func(e journal.Entry) error { return lines.Encode(e) }
	}
	head := true
	return func(e journal.Entry) error {
		if head {
			head = false
			if _, err := fmt.Fprintf(out, rowForm, "TIME", "REQUEST", "BY", "CALL", "OUTCOME", "RESOURCE AND CHANGES"); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(out, rowForm, e.Begun.Format(time.RFC3339), e.Request, by(e), e.Verb, outcome(e), summary(e))
		return err
	}
}

// Explain is `explain REQUEST-ID`.
func (e Env) Explain() *cobra.Command {
	var file, output, tenant string
	c := &cobra.Command{
		Use:   "explain REQUEST-ID",
		Short: "Say in plain sentences what became of a request (docs/journal.md)",
		Example: "  scim-proxy explain 3QXB7JZ6VJQ4WYT2EHN5GMR7KS\n" +
			"  scim-proxy explain 3QXB7JZ6VJQ4WYT2EHN5GMR7KS --output json",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			_, cfg, err := cli.Load(file, e.Known)
			if err != nil {
				return err
			}
			return operatecmd.Do(c.Context(), cfg, "explain", operate.ExplainArguments{Tenant: tenant, Request: args[0]}, func(x operate.Explained) error {
				if output == "json" {
					return cli.WriteJSON(c.OutOrStdout(), x)
				}
				for _, s := range x.Sentences {
					if _, err := fmt.Fprintln(c.OutOrStdout(), cli.OneLine(s)); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	cli.ConfigFlag(c, &file)
	cli.OutputFlag(c, &output, "text", "json")
	c.Flags().StringVar(&tenant, "tenant", "", "search only the journal of this tenant")
	return c
}
