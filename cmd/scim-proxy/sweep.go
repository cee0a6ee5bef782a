package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/store/embedded"
)

func sweepCommand() *cobra.Command {
	var file string
	o := proxy.SweepOptions{}
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Remove what is kept for users and groups that are gone in Keycloak (docs/operations.md)",
		Example: "  scim-proxy tenant sweep --config config.yaml --dry-run\n" +
			"  scim-proxy tenant sweep --config config.yaml --tenant workforce",
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
			if o.Tenant != "" && !slices.ContainsFunc(cfg.Tenants, func(t config.Tenant) bool { return t.Tenant == o.Tenant }) {
				return usageError{fmt.Errorf("there is no tenant %q", o.Tenant)}
			}
			p, err := proxy.New(*cfg, zap.NewNop())
			if err != nil {
				return storeInUse(err, "the sweep")
			}
			tellSweep(c.OutOrStdout(), &o)
			return errors.Join(p.Sweep(c.Context(), o), p.Close())
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file (docs/configuration.md)")
	c.Flags().StringVar(&o.Tenant, "tenant", "", "sweep only the realm of this tenant, with its service account")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "say what would be removed, and remove nothing")
	return c
}

// storeInUse says what to do about an embedded store that a running proxy has open.
func storeInUse(err error, what string) error {
	if errors.Is(err, embedded.ErrInUse) {
		return fmt.Errorf("stop the proxy before %s, because only one process can open the embedded store: %w", what, err)
	}
	return err
}

// tellSweep prints a line for each finding, and one for each realm.
func tellSweep(out io.Writer, o *proxy.SweepOptions) {
	verb := "removed"
	if o.DryRun {
		verb = "would remove"
	}
	o.Found = func(realm string, f overlay.Finding) {
		did, kind := verb, string(f.Type)
		if f.Kept() {
			did = "kept"
		}
		if kind == "" {
			kind = "User or Group"
		}
		fmt.Fprintf(out, "%s: realm %s: %s %s: %s\n", did, realm, kind, f.ID, f.Reason)
	}
	o.Done = func(realm string, s overlay.Swept) {
		fmt.Fprintf(out, "realm %s: %d records seen, %s %d orphans and %d abandoned creates, kept %d pending creates\n",
			realm, s.Seen, verb, s.Orphans, s.Abandoned, s.Pending)
	}
}
