package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/storecmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/overlay"
)

func sweepCommand() *cobra.Command {
	var file, output string
	o := proxy.SweepOptions{}
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Remove the records of users and groups that are gone in Keycloak (docs/operations.md)",
		Example: "  scim-proxy tenant sweep --config config.yaml --dry-run\n" +
			"  scim-proxy tenant sweep --config config.yaml --tenant workforce",
		Long: "Removes the records of users and groups that were deleted without going through the proxy, and creates that began more than a day\n" +
			"ago and never finished. Only one process can open an embedded store: stop the proxy first.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			file, cfg, err := cli.Load(file, adapters.Known)
			if err != nil {
				return err
			}
			if o.Tenant != "" && !slices.ContainsFunc(cfg.Tenants, func(t config.Tenant) bool { return t.Tenant == o.Tenant }) {
				return cli.UsageError{Err: fmt.Errorf("--tenant: there is no tenant %q in %s", o.Tenant, file)}
			}
			p, err := proxy.New(*cfg, zap.NewNop())
			if err != nil {
				return storecmd.InUse(err, "the sweep")
			}
			if output == "json" {
				reportSweepJSON(c.OutOrStdout(), &o)
			} else {
				reportSweep(c.OutOrStdout(), &o)
			}
			return errors.Join(p.Sweep(c.Context(), o), p.Close())
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringVar(&o.Tenant, "tenant", "", "sweep only the realm of this tenant, with its service account")
	c.Flags().BoolVar(&o.DryRun, "dry-run", false, "print what would be removed, and remove nothing")
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

// sweepFinding and sweptRealm are the lines of `tenant sweep --output json`, which docs/commands.md
// documents.
type (
	sweepFinding struct {
		Realm  string `json:"realm"`
		Action string `json:"action"`
		Type   string `json:"type,omitempty"` // absent for a record of an early release
		ID     string `json:"id"`
		Reason string `json:"reason"`
	}
	sweptRealm struct {
		Realm     string `json:"realm"`
		DryRun    bool   `json:"dryRun"`
		Seen      int    `json:"seen"`
		Orphans   int    `json:"orphans"`
		Abandoned int    `json:"abandoned"`
		Pending   int    `json:"pending"`
	}
)

// action says what became of a finding.
func action(o *proxy.SweepOptions, f overlay.Finding) string {
	switch {
	case f.Kept():
		return "kept"
	case o.DryRun:
		return "would remove"
	}
	return "removed"
}

// reportSweepJSON makes a sweep print a line of JSON for each finding and for each realm: there may
// be more findings than fit into memory.
func reportSweepJSON(out io.Writer, o *proxy.SweepOptions) {
	lines := json.NewEncoder(out)
	o.Found = func(realm string, f overlay.Finding) {
		_ = lines.Encode(sweepFinding{realm, action(o, f), string(f.Type), f.ID, string(f.Reason)})
	}
	o.Done = func(realm string, s overlay.Swept) {
		_ = lines.Encode(sweptRealm{realm, o.DryRun, s.Seen, s.Orphans, s.Abandoned, s.Pending})
	}
}

// reportSweep makes a sweep print a line for each finding, and one for each realm.
func reportSweep(out io.Writer, o *proxy.SweepOptions) {
	verb := "removed"
	if o.DryRun {
		verb = "would remove"
	}
	o.Found = func(realm string, f overlay.Finding) {
		kind := string(f.Type)
		if kind == "" {
			kind = "User or Group"
		}
		fmt.Fprintf(out, "%s: realm %s: %s %s: %s\n", action(o, f), realm, kind, f.ID, f.Reason)
	}
	o.Done = func(realm string, s overlay.Swept) {
		fmt.Fprintf(out, "realm %s: %d records seen, %s %d orphans and %d abandoned creates, kept %d pending creates\n",
			realm, s.Seen, verb, s.Orphans, s.Abandoned, s.Pending)
	}
}
