package doctorcmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctor"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/onboardcmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/onboarding"
)

// command is a run of doctor.
type command struct {
	known                configfile.Idps
	now                  func() time.Time
	stored               Stored
	file, tenant, output string
	admin                onboardcmd.Optional
}

// Stored returns how many live tokens a tenant has in the configured store.
type Stored func(ctx context.Context, c *config.Config, tenant string) (live int, err error)

// Command is `doctor`. known reports whether a dialect exists. stored may be nil.
func Command(known configfile.Idps, now func() time.Time, stored Stored) *cobra.Command {
	s := &command{known: known, now: now, stored: stored}
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Examine Keycloak, tenants, store, certificates and listeners, and say what to do (docs/doctor.md)",
		Example: "  scim-proxy doctor --config config.yaml\n" +
			"  scim-proxy doctor --config config.yaml --tenant acme --admin-user admin --output json",
		Long: "Examines what can be wrong with a configuration and with what it names, and prints each finding with what to do about it. It changes\n" +
			"nothing in Keycloak; the proxy may run meanwhile. With an administrator's credentials it also examines the release, the settings of\n" +
			"realms, and the clients of tenants. The exit code is 0 if there is no problem (there may be warnings), 1 if there is one, and 2 if the\n" +
			"command line or the configuration is wrong.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c) },
	}
	cli.ConfigFlag(c, &s.file)
	c.Flags().StringVar(&s.tenant, "tenant", "", "of the tenants, examine only this one")
	s.admin.Flags(c)
	cli.OutputFlag(c, &s.output, "text", "json")
	return c
}

func (s *command) run(c *cobra.Command) error {
	o, wrong, err := s.options()
	if err != nil {
		return err
	}
	if s.admin.Given() {
		login, err := s.admin.Login(c)
		if err != nil {
			return err
		}
		o.Login = func(ctx context.Context) (*onboarding.Admin, error) { return login(ctx, o.Config.Keycloak) }
	}
	report, err := doctor.Examine(c.Context(), o)
	if err != nil {
		return cli.UsageError{Err: err} // of the configuration
	}
	if s.output == "json" {
		err = cli.WriteJSON(c.OutOrStdout(), report)
	} else {
		_, err = fmt.Fprint(c.OutOrStdout(), report.Text())
	}
	switch {
	case err != nil:
		return err
	case len(wrong) > 0:
		return wrong
	case report.Problems == 1:
		return errors.New("there is a problem")
	case report.Problems > 1:
		return fmt.Errorf("there are %d problems", report.Problems)
	}
	return nil
}

// options reads the configuration. A file of a tenant that is wrong does not keep the others from
// being examined.
func (s *command) options() (o doctor.Options, wrong configfile.Problems, err error) {
	file, err := cli.ConfigFile(s.file)
	if err != nil {
		return o, nil, err
	}
	main, problems := configfile.LoadMain(file)
	if len(problems) > 0 {
		return o, nil, problems
	}
	o.Config, o.Now = *main, s.now
	if s.stored != nil {
		o.Stored = func(ctx context.Context, tenant string) (int, error) { return s.stored(ctx, main, tenant) }
	}
	if main.TenantsDir != "" {
		files, err := configfile.ReadTenants(main.TenantsDir, s.known)
		if err != nil {
			return o, nil, err
		}
		configfile.RequirePublicURL(files, main.PublicURL)
		for _, f := range files {
			f.Tenant.File = f.Path
			switch {
			case s.tenant != "" && f.Tenant.Tenant != s.tenant:
			case len(f.Problems) > 0:
				f.Problems.Sort()
				o.Wrong, wrong = append(o.Wrong, f), append(wrong, f.Problems...)
			default:
				o.Config.Tenants = append(o.Config.Tenants, f.Tenant)
			}
		}
	}
	named := func(t config.Tenant) bool { return t.Tenant == s.tenant }
	if s.tenant != "" && !slices.ContainsFunc(o.Config.Tenants, named) && len(o.Wrong) == 0 {
		return o, nil, cli.Usage("--tenant: there is no tenant %q in %s", s.tenant, main.TenantsDir)
	}
	return o, wrong, nil
}
