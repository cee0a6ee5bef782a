package tenantcmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/tenantfile"
)

// Revoke is `tenant revoke`.
func (e Env) Revoke() *cobra.Command {
	var file string
	var keys []string
	var all bool
	c := &cobra.Command{
		Use:   "revoke TENANT",
		Short: "Remove bearer tokens from the tenant's file, and say which ones still work",
		Example: "  scim-proxy tenant revoke acme --config config.yaml --key k1\n" +
			"  scim-proxy tenant revoke acme --config config.yaml --all",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if (len(keys) > 0) == all {
				return cli.Usage("revoke needs either --key ID or --all")
			}
			_, dir, err := e.Open(file, c.ErrOrStderr())
			if err != nil {
				return err
			}
			f, err := Find(dir, args[0])
			if err != nil {
				return err
			}
			return e.revoke(c, dir, f.Path, keys)
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringSliceVar(&keys, "key", nil, "id of a key; may be repeated")
	c.Flags().BoolVar(&all, "all", false, "every token of the tenant: its identity provider is refused from then on")
	return c
}

// revoke removes the keys, or all if none is named.
func (e Env) revoke(c *cobra.Command, dir tenantfile.Dir, path string, keys []string) error {
	var gone []string
	var left config.Tenant
	err := dir.Decide(c.Context(), path, func(t config.Tenant) ([]tenantfile.Change, error) {
		var changes []tenantfile.Change
		left = t
		left.Tokens = slices.DeleteFunc(slices.Clone(t.Tokens), func(k config.Token) bool { return len(keys) == 0 || slices.Contains(keys, k.ID) })
		for _, id := range keys {
			if !slices.ContainsFunc(t.Tokens, func(k config.Token) bool { return k.ID == id }) {
				return nil, cli.Usage("%s has no key %s; it has %s", t.Tenant, id, orNone(described(t.Tokens, e.Now())))
			}
		}
		for _, k := range t.Tokens {
			if len(keys) == 0 || slices.Contains(keys, k.ID) {
				changes, gone = append(changes, tenantfile.RemoveToken(k.ID)), append(gone, k.ID)
			}
		}
		return changes, nil
	})
	if err != nil {
		return Explained(err, c.ErrOrStderr())
	}
	fmt.Fprintf(c.OutOrStdout(), "Revoked keys of %s: %s.\n", left.Tenant, orNone(strings.Join(gone, ", ")))
	fmt.Fprintf(c.OutOrStdout(), "Tokens that still work: %s.\n", orNone(described(liveKeys(left, e.Now()), e.Now())))
	fmt.Fprintln(c.OutOrStdout(), takesEffect)
	return nil
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
