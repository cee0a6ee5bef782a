package checkcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
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
	var file, tenant string
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
			file, err := cli.ConfigFile(file)
			if err != nil {
				return err
			}
			cfg, err := configfile.Load(file, known)
			if err != nil {
				return err
			}
			return Tenants(c.Context(), c.OutOrStdout(), *cfg, tenant)
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringVar(&tenant, "tenant", "", "check only this tenant")
	return c
}

// Tenants prints a report for each tenant, or for the one that is named.
func Tenants(ctx context.Context, out io.Writer, cfg config.Config, only string) error {
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
		report := Diagnose(ctx, client, t)
		fmt.Fprintf(out, "tenant %s: realm %s, client %s\n%s", t.Tenant, t.Realm, t.ServiceAccount.ClientID, reportText(report))
		checked++
		if !report.Works() {
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

// reportText has a line for each step, and below one that failed what Keycloak said and what to do.
func reportText(r health.Report) string {
	var lines []string
	line := func(step, state, text string) {
		lines = append(lines, strings.TrimRight(fmt.Sprintf("  %-9s %-8s %s", step, state, text), " "))
	}
	for _, f := range r {
		switch {
		case f.Fault != nil:
			line(string(f.Step), "FAILED", f.Fault.Wrong())
			if f.Fault.Said != "" {
				line("", "", f.Fault.Said)
			}
			line("", "to do:", f.Fault.Remedy())
		case f.Open != nil:
			line(string(f.Step), "unknown", f.Open.Error())
		default:
			line(string(f.Step), "ok", f.Note)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// AccountOf returns the account of a tenant.
func AccountOf(c *keycloak.Client, t config.Tenant) *keycloak.Account {
	return keycloak.NewAccountBy(transport.Proof(t.ServiceAccount), c, t.Realm, t.ServiceAccount.ClientID, time.Now)
}
