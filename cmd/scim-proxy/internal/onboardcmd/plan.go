package onboardcmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/onboarding/tenant"
)

// planned is what `tenant plan --output json` prints.
type planned struct {
	Tenant   string          `json:"tenant"`
	Warnings []string        `json:"warnings"`
	Changes  []tenant.Change `json:"changes"`
}

// Plan is `tenant plan`.
func (e Env) Plan() *cobra.Command {
	s := &onboard{Env: e}
	var output string
	c := &cobra.Command{
		Use:     "plan TENANT",
		Short:   "Print what `tenant add` with the same arguments would change, and change nothing",
		Example: "  scim-proxy tenant plan acme --realm saas --group acme --idp entra",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.load(c, args[0]); err != nil {
				return err
			}
			if err := s.connect(c.Context(), c); err != nil {
				return err
			}
			p := planned{Tenant: s.name, Warnings: []string{}, Changes: []tenant.Change{}}
			warnings, err := s.in.Check(c.Context())
			if err != nil {
				return err
			}
			changes, err := s.in.Plan(c.Context())
			if err != nil {
				return err
			}
			change, _, err := s.oauth.Change(c.Context(), s.session)
			if err != nil {
				return err
			}
			if change != nil {
				changes = append(changes, *change)
			}
			p.Warnings, p.Changes = append(p.Warnings, warnings...), append(p.Changes, s.changes(changes)...)
			if output == "json" {
				return cli.WriteJSON(c.OutOrStdout(), p)
			}
			warn(c.ErrOrStderr(), warnings)
			for _, change := range p.Changes {
				fmt.Fprintln(c.OutOrStdout(), change)
			}
			if len(p.Changes) == 0 {
				fmt.Fprintf(c.ErrOrStderr(), "The tenant %s has all that it needs; nothing would change.\n", s.name)
			}
			return nil
		},
	}
	s.commonFlags(c)
	s.specFlags(c)
	new(fileOptions).flags(c)
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

// changes adds the tenant's file to those of Keycloak.
func (s *onboard) changes(all []tenant.Change) []tenant.Change {
	if !s.exists {
		all = append(all, tenant.Change{What: "file of the tenant", To: "in " + s.dir.Path + ", with the secret beside it and a token"})
	}
	return all
}
