package onboardcmd

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/canarycmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/proxy/canary"
)

// golive are the flags of commands that let a tenant go live.
type golive struct {
	live bool
	at   canarycmd.Target
}

func (g *golive) flags(c *cobra.Command, does string) {
	c.Flags().BoolVar(&g.live, "live", false, does)
	g.at.Flag(c)
}

// canary lets the running proxy run a canary, and prints its report to standard error.
func (s *onboard) canary(c *cobra.Command, g golive) error {
	url, err := g.at.URL(*s.config)
	if err != nil {
		return err
	}
	report, err := canarycmd.Run(c.Context(), url, s.name, canary.Request{})
	switch {
	case errors.Is(err, canarycmd.ErrNoProxy):
		return fmt.Errorf("the tenant %s is set up and not verified, because %w\nstart the proxy, or name its admin listener with --admin-url, and run: scim-proxy tenant canary %s", s.name, err, s.name)
	case err != nil:
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "\n%s", report.Text())
	if !report.Green {
		return fmt.Errorf("the canary of the tenant %s is red", s.name)
	}
	return nil
}

// goLive proves that Keycloak confines the tenant, and that its attributes survive.
func (s *onboard) goLive(c *cobra.Command, g golive) error {
	if s.spec.Group != "" { // an account of a whole realm is not confined
		report, err := s.verify(c.Context())
		if err != nil {
			return err
		}
		fmt.Fprintf(c.ErrOrStderr(), "\n%s", report.Text())
		if !report.OK {
			return fmt.Errorf("the tenant %s is not verified, and stays as it is", s.name)
		}
	}
	return s.canary(c, g)
}

// stage gives a new tenant the attributes that it requires, and lets it wait for its canary.
func (s *onboard) stage(required []string, live bool) error {
	if len(required) == 0 && !live {
		return nil
	}
	if s.exists {
		if len(required) > 0 {
			return cli.Usage("--require: the tenant %s is there already: edit requiredAttributes in %s", s.name, s.file.Path)
		}
		return nil
	}
	s.file.Tenant.RequiredAttributes, s.file.Tenant.State = required, "staged"
	return s.dir.Check(s.file.Tenant)
}
