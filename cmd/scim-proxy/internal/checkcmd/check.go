package checkcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/privilege"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/transport"
)

// Command is `tenant check`. known reports whether a dialect exists.
func Command(known configfile.Idps) *cobra.Command {
	var file, tenant, output string
	c := &cobra.Command{
		Use:   "check",
		Short: "Say whether tenants have all that they need of Keycloak, and what to do if not",
		Example: "  scim-proxy tenant check --config config.yaml\n" +
			"  scim-proxy tenant check --config config.yaml --tenant workforce",
		Long: "Asks Keycloak with the service account of each tenant for its token, the token's audience, the server's feature, the realm's\n" +
			"switch, the account's role and its rights beyond that, and what the realm's user profile requires. It changes nothing and does not open the store, so the\n" +
			"proxy may run meanwhile. The exit code is 1 if a tenant lacks something, or if Keycloak does not answer.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, cfg, err := cli.Load(file, known)
			if err != nil {
				return err
			}
			if output == "json" {
				reports := []Report{}
				err = each(c.Context(), *cfg, tenant, func(r Report) { reports = append(reports, r) })
				if _, usage := errors.AsType[cli.UsageError](err); usage {
					return err
				}
				return errors.Join(cli.WriteJSON(c.OutOrStdout(), reports), err)
			}
			return Tenants(c.Context(), c.OutOrStdout(), *cfg, tenant)
		},
	}
	cli.OutputFlag(c, &output, "text", "json")
	cli.ConfigFlag(c, &file)
	c.Flags().StringVar(&tenant, "tenant", "", "check only this tenant")
	return c
}

// Tenants prints a report for each tenant, or for the one that is named. The error says how many
// do not work.
func Tenants(ctx context.Context, out io.Writer, cfg config.Config, only string) error {
	return each(ctx, cfg, only, func(r Report) { _, _ = fmt.Fprint(out, r.text()) })
}

// each diagnoses the tenants.
func each(ctx context.Context, cfg config.Config, only string, do func(Report)) error {
	to, err := transport.New(cfg.Keycloak, time.Now)
	if err != nil {
		return err
	}
	client := keycloak.NewClient(cfg.Keycloak.URL, to, cfg.Keycloak.Timeout.Std(), cfg.Keycloak.MaxInFlight)
	checked, failed := 0, 0
	for _, t := range cfg.Tenants {
		if only != "" && t.Tenant != only {
			continue
		}
		found := Diagnose(ctx, client, t)
		do(reportOf(t, found))
		checked++
		if !found.Works() {
			failed++
		}
	}
	switch {
	case checked == 0 && only != "":
		return cli.UsageError{Err: fmt.Errorf("there is no tenant %q", only)}
	case checked == 0:
		return cli.UsageError{Err: errors.New("there is no tenant: drop-in callers use their own accounts, which cannot be checked here")}
	case failed > 0:
		return fmt.Errorf("%d of %d tenants do not have all that they need", failed, checked)
	}
	return nil
}

// Diagnose asks Keycloak whether a tenant has all that it needs.
func Diagnose(ctx context.Context, client *keycloak.Client, t config.Tenant) health.Report {
	account := AccountOf(client, t)
	return health.Diagnose(ctx, client, account, health.Needs{Group: groupOf(t), Rights: privilege.New(account, t.Group, time.Now)})
}

// groupOf returns the group that a tenant is confined to, or nil.
func groupOf(t config.Tenant) *tenantgroup.Group {
	if t.Group == "" {
		return nil
	}
	g := tenantgroup.New(t.Group, nil, 0, time.Now)
	g.Organization = t.Organization
	return g
}

// AccountOf returns the account of a tenant.
func AccountOf(c *keycloak.Client, t config.Tenant) *keycloak.Account {
	return keycloak.NewAccountBy(transport.Proof(t.ServiceAccount), c, t.Realm, t.ServiceAccount.ClientID, time.Now)
}
