package onboardcmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/onboarding/tenant"
)

// Groups is `tenant groups`.
func (e Env) Groups() *cobra.Command {
	s := &onboard{Env: e}
	var output string
	c := &cobra.Command{
		Use:   "groups TENANT",
		Short: "Print how many groups of a group tenant are free, and fill its pool up",
		Example: "  scim-proxy tenant groups acme\n" +
			"  scim-proxy tenant groups acme --pool 100",
		Long: "The account of a group tenant cannot create groups: a group of the identity provider takes a free group of the tenant's pool. A group\n" +
			"that is deleted does not become free again. With --pool, free groups are created until there are so many.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := s.load(c, args[0]); err != nil {
				return err
			}
			if s.spec.Group == "" {
				return cli.Usage("the tenant %s manages the whole realm and needs no pool", s.name)
			}
			if err := s.connect(c.Context(), c); err != nil {
				return err
			}
			if s.spec.Pool > 0 {
				if err := s.in.Refill(c.Context(), func(change tenant.Change) { fmt.Fprintln(c.ErrOrStderr(), change) }); err != nil {
					return err
				}
			}
			p, err := s.in.ReadPool(c.Context())
			if err != nil {
				return err
			}
			if output == "json" {
				return cli.WriteJSON(c.OutOrStdout(), p)
			}
			fmt.Fprintf(c.OutOrStdout(), "free groups: %d\ngroups of the tenant: %d\n", p.Free, len(p.Groups))
			for _, name := range p.Groups {
				fmt.Fprintf(c.OutOrStdout(), "  %s\n", name)
			}
			return nil
		},
	}
	s.commonFlags(c)
	c.Flags().IntVar(&s.spec.Pool, "pool", 0, "how many free groups the tenant shall have")
	cli.OutputFlag(c, &output, "text", "json")
	return c
}
