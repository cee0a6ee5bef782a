package tenantcmd

import (
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/tenantfile"
	"keycloak-scim-proxy/proxy/issued"
)

// Rotate is `tenant rotate`.
func (e Env) Rotate() *cobra.Command {
	var file, overlap, expires string
	var store bool
	c := &cobra.Command{
		Use:     "rotate TENANT",
		Short:   "Replace the bearer tokens: create one, and let the others expire after an overlap",
		Example: "  scim-proxy tenant rotate acme --config config.yaml --overlap 24h --expires 90d",
		Long: "Adds a key to the file of the tenant and prints its token on standard output. All other keys expire after the overlap, unless they\n" +
			"expire earlier. Give the new token to the identity provider before the end of the overlap.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			span, ok := cli.Span(overlap)
			if !ok {
				return cli.Usage("--overlap: %q is not a span of time such as 24h or 7d", overlap)
			}
			cfg, dir, err := e.Open(file, c.ErrOrStderr())
			if err != nil {
				return err
			}
			if store {
				return e.issue(c, cfg, issued.Request{Tenant: args[0], Action: issued.ActionRotate, Overlap: span}, expires)
			}
			f, err := Find(dir, args[0])
			if err != nil {
				return err
			}
			end := e.Now().Add(span).UTC().Truncate(time.Second)
			return e.addKey(c, dir, f.Path, "", expires, func(t config.Tenant) []tenantfile.Change { return e.expireAt(t, end) })
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringVar(&overlap, "overlap", "24h", "how long the other tokens stay valid: 24h, 7d, or 0s")
	c.Flags().StringVar(&expires, "expires", "", expiresFlag)
	c.Flags().BoolVar(&store, "in-store", false, storeFlag+"; the other tokens in the store expire, and those of the file stay")
	return c
}

// expireAt lets every live key that would live longer expire at a time.
func (e Env) expireAt(t config.Tenant, end time.Time) []tenantfile.Change {
	var changes []tenantfile.Change
	for _, k := range liveKeys(t, e.Now()) {
		switch ends := k.End(); {
		case !ends.IsZero() && !ends.After(end):
		case !end.After(k.Created.Time): // it was made in this second, and is refused at once
			changes = append(changes, tenantfile.RemoveToken(k.ID))
		default:
			changes = append(changes, tenantfile.SetExpiry(k.ID, end))
		}
	}
	return changes
}
