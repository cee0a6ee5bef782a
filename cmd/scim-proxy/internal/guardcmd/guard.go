package guardcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/operatecmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/store"
)

// Env is what the command needs besides its arguments.
type Env struct {
	tenantcmd.Env

	// Store opens the configured store.
	Store func(ctx context.Context, s config.Store) (store.Engine, error)
}

// Actions are the second argument of the command.
var Actions = []string{budget.ActionStatus, budget.ActionRelease, budget.ActionClose}

// Command is `guard`.
func (e Env) Command() *cobra.Command {
	var file, output, span string
	c := &cobra.Command{
		Use:   "guard TENANT status|release|close",
		Short: "Show whether changes that end the access of many users are held, and let them through (docs/guard.md)",
		Example: "  scim-proxy guard acme status\n" +
			"  scim-proxy guard acme release --for 2h\n" +
			"  scim-proxy guard acme close",
		Long: "The guard of a tenant answers 429 to deactivations, deletes and removals of members that exceed its budget, and does nothing of them.\n" +
			"release lets all of them through for a while, close ends that. The tenant realm:NAME stands for the drop-in callers of a realm.\n" +
			"It asks the proxy that has an embedded store open, and otherwise works with the store itself.",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			r := budget.Request{Tenant: args[0], Action: args[1], By: cli.Operator()}
			var err error
			switch {
			case !slices.Contains(Actions, r.Action):
				return cli.Usage("%q is not one of %s", r.Action, strings.Join(Actions, ", "))
			case r.Action != budget.ActionRelease && span != "":
				return cli.Usage("--for is for release")
			case r.Action == budget.ActionRelease && span == "":
				return cli.Usage("release needs --for SPAN, such as --for 2h")
			case r.Action == budget.ActionRelease:
				if r.Until, err = cli.Until(span, e.Now()); err != nil {
					return err
				}
			}
			cfg, window, err := e.tenant(file, r.Tenant, c.ErrOrStderr())
			if err != nil {
				return err
			}
			s, err := e.do(c.Context(), *cfg, window, r)
			if err != nil {
				return err
			}
			if output == "json" {
				return cli.WriteJSON(c.OutOrStdout(), s)
			}
			print(c.OutOrStdout(), s)
			return nil
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringVar(&span, "for", "", "with release: how long, such as 2h or 1d; at most 7d")
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

// dropIn begins the name of the drop-in callers of a realm.
const dropIn = "realm:"

// tenant returns the main file, and the window of the guard of a tenant.
func (e Env) tenant(flag, name string, warn io.Writer) (*config.Config, time.Duration, error) {
	if strings.HasPrefix(name, dropIn) {
		file, err := cli.ConfigFile(flag)
		if err != nil {
			return nil, 0, err
		}
		cfg, problems := configfile.LoadMain(file)
		if len(problems) > 0 {
			return nil, 0, problems
		}
		return cfg, cfg.Guard.Window.Std(), nil
	}
	cfg, dir, err := e.Open(flag, warn)
	if err != nil {
		return nil, 0, err
	}
	f, err := tenantcmd.Find(dir, name)
	if err != nil {
		return nil, 0, err
	}
	if own := f.Tenant.Guard; own != nil {
		return cfg, own.Window.Std(), nil
	}
	return cfg, cfg.Guard.Window.Std(), nil
}

// do carries out a request in the configured store.
func (e Env) do(ctx context.Context, cfg config.Config, window time.Duration, r budget.Request) (budget.State, error) {
	var s budget.State
	err := control.Ask(ctx, cfg.Store, "guard", operate.GuardArguments{Request: r, Window: window}, func(raw json.RawMessage) error { return json.Unmarshal(raw, &s) })
	if !errors.Is(err, control.ErrNone) {
		return s, err
	}
	engine, err := e.Store(ctx, cfg.Store)
	if err != nil {
		return budget.State{}, operatecmd.InUse(err, cfg.Store)
	}
	o := budget.Operate{Space: engine.Open(budget.SpaceName), Tenant: r.Tenant, Window: window, Now: e.Now}
	s, err = o.Do(ctx, r)
	return s, errors.Join(err, engine.Close())
}

// print writes a state for people.
func print(out io.Writer, s budget.State) {
	switch s.State {
	case budget.Released:
		fmt.Fprintf(out, "The guard of %s is released until %s by %s: it holds nothing.\n", s.Tenant, when(s.Until), s.By)
		return
	case budget.Holding:
		fmt.Fprintf(out, "The guard of %s holds changes since %s.\n", s.Tenant, when(s.Since))
	default:
		fmt.Fprintf(out, "The guard of %s holds nothing.\n", s.Tenant)
	}
	fmt.Fprintf(out, "Users whose access ended within the window: %d\n", s.Counted)
	if s.State != budget.Holding {
		return
	}
	fmt.Fprintf(out, "Users with a change that is held: %d\n", s.HeldUsers)
	for _, g := range s.HeldGroups {
		fmt.Fprintf(out, "Members that group %q keeps: %d\n", g.Name, g.Members)
	}
	if s.More {
		fmt.Fprintln(out, "There are more than the proxy remembers.")
	}
	fmt.Fprintf(out, "If they are intended: scim-proxy guard %s release --for 2h\n", s.Tenant)
}

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
