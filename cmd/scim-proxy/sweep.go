package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/overlay"
)

func sweepCommand() *cobra.Command {
	var file, tenant string
	var dryRun bool
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Remove what is kept for users and groups that are gone from Keycloak, and say what",
		Long: "Removes what is kept for users and groups that were deleted in Keycloak beside the proxy, and creates that were begun more than a\n" +
			"day ago and never came back. An embedded store is open in one process only: stop the proxy first.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if file == "" {
				return usageError{errors.New("sweep needs --config FILE")}
			}
			cfg, err := config.Load(file, adapters.Known)
			if err != nil {
				return err
			}
			if tenant != "" && !slices.ContainsFunc(cfg.Tenants, func(t config.Tenant) bool { return t.Tenant == tenant }) {
				return usageError{fmt.Errorf("there is no tenant %q", tenant)}
			}
			p, err := proxy.New(*cfg, zap.NewNop())
			if err != nil {
				return err
			}
			removed := 0
			err = p.Sweep(c.Context(), tenant, dryRun, func(realm string, s overlay.Swept) {
				verb := "kept"
				if s.Removed {
					removed++
					verb = "removed"
				}
				fmt.Fprintf(c.OutOrStdout(), "%s  realm %s  %s: %s\n", verb, realm, s.ID, s.Why)
			})
			fmt.Fprintf(c.OutOrStdout(), "%d removed\n", removed)
			return errors.Join(err, p.Close())
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file")
	c.Flags().StringVar(&tenant, "tenant", "", "only this tenant's realm")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be removed, and remove nothing")
	return c
}
