// Package placecmd is what commands share that work on what a tenant sees, with its account: undo
// and drift.
package placecmd

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

// Env is what commands need of the program.
type Env struct {
	Known configfile.Idps
	Now   func() time.Time
}

// Flags are those of a command.
type Flags struct{ Config, Tenant, Operator string }

// Add adds --config and --operator to a command.
func (f *Flags) Add(c *cobra.Command) {
	cli.ConfigFlag(c, &f.Config)
	c.Flags().StringVar(&f.Operator, "operator", cli.User(), "who does this, for the journal")
	c.Flags().Lookup("operator").DefValue = "the user of the system"
}

// Tenants reads the configuration. names are the tenant of the flags, or all.
func (e Env) Tenants(f Flags) (c *config.Config, names []string, err error) {
	file, c, err := cli.Load(f.Config, e.Known)
	if err != nil {
		return nil, nil, err
	}
	for _, one := range c.Tenants {
		names = append(names, one.Tenant)
	}
	if f.Tenant != "" {
		if !slices.Contains(names, f.Tenant) {
			return nil, nil, cli.UsageError{Err: fmt.Errorf("there is no tenant %q in %s", f.Tenant, file)}
		}
		names = []string{f.Tenant}
	}
	return c, names, nil
}

// Confirm asks before something is changed, unless yes is true. Without a terminal it is an error.
func Confirm(c *cobra.Command, yes bool, question string) error {
	if yes {
		return nil
	}
	in := cli.Terminal(c.InOrStdin())
	if in == nil {
		return cli.Usage("%s Pass --yes to allow that", question)
	}
	if !cli.Confirm(c.Context(), in, c.ErrOrStderr(), question) {
		return errors.New("nothing was changed")
	}
	return nil
}
