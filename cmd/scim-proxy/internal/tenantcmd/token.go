package tenantcmd

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/tenantfile"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/tokens"
)

// Token is `tenant token`.
func (e Env) Token() *cobra.Command {
	var file, key, expires string
	var store bool
	c := &cobra.Command{
		Use:   "token TENANT",
		Short: "Create a bearer token beside those that exist; it is printed once, and its hash goes into the tenant's file",
		Example: "  scim-proxy tenant token acme --config config.yaml --expires 90d\n" +
			"  scim-proxy tenant token acme\n" +
			"  scim-proxy tenant token acme --in-store",
		Long: "Adds a key to the file of the tenant and prints its token on standard output. Without a configuration file, or without a file of the\n" +
			"tenant, it prints the line for a file that you write yourself. If the file cannot be written, it prints the file as it should be.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, dir, err := e.Open(file, c.ErrOrStderr())
			switch {
			case store && key != "":
				return cli.Usage("--key is not for --in-store: the store makes ids")
			case store && err == nil:
				return e.issue(c, cfg, issued.Request{Tenant: args[0], Action: issued.ActionMake}, expires)
			case store:
				return err
			}
			if errors.Is(err, cli.ErrNoConfig) {
				return e.tokenLine(c, args[0], key, expires)
			}
			if err != nil {
				return err
			}
			f, err := Find(dir, args[0])
			if errors.Is(err, tenantfile.ErrNoTenant) && file == "" {
				fmt.Fprintf(c.ErrOrStderr(), "%v.\n", err)
				return e.tokenLine(c, args[0], key, expires)
			}
			if err != nil {
				return err
			}
			return e.addKey(c, dir, f.Path, key, expires, nil)
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringVar(&key, "key", "", "id of the key, lower-case letters and digits (default the next of k1, k2, ...)")
	c.Flags().StringVar(&expires, "expires", "", expiresFlag)
	c.Flags().BoolVar(&store, "in-store", false, storeFlag)
	return c
}

const expiresFlag = "when the token expires: a span such as 90d, or a date (default never)"

// tokenLine prints a token and the line for a file that is written by hand.
func (e Env) tokenLine(c *cobra.Command, tenant, key, expires string) error {
	token, k, err := e.NewKey(tenant, key, expires, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.ErrOrStderr(), "Give the token to the identity provider, and put this line under tokens in the tenant's file:\n  - %s\n", tenantfile.TokenText(k))
	fmt.Fprintln(c.OutOrStdout(), token.Reveal())
	return nil
}

// addKey adds a key to a tenant's file, with changes of the other keys that are decided together
// with it, and prints the token.
func (e Env) addKey(c *cobra.Command, dir tenantfile.Dir, path, key, expires string, others func(config.Tenant) []tenantfile.Change) error {
	var token tokens.Token
	var added config.Token
	var tenant string
	err := dir.Decide(c.Context(), path, func(t config.Tenant) ([]tenantfile.Change, error) {
		var err error
		tenant = t.Tenant
		if token, added, err = e.NewKey(t.Tenant, key, expires, t.Tokens); err != nil {
			return nil, err
		}
		var changes []tenantfile.Change
		if others != nil {
			changes = others(t)
		}
		return append(changes, tenantfile.AddToken(added)), nil
	})
	if _, refused := errors.AsType[*tenantfile.NotWritableError](err); err != nil && !refused {
		return err
	}
	if err == nil {
		fmt.Fprintf(c.ErrOrStderr(), "The new key of %s is %s.\n", tenant, described([]config.Token{added}, e.Now()))
		if now, err := dir.Find(tenant); err == nil {
			fmt.Fprintf(c.ErrOrStderr(), "Its tokens: %s.\n", described(now.Tenant.Tokens, e.Now()))
		}
		fmt.Fprintf(c.ErrOrStderr(), "%s Give this token to the identity provider; it is not shown again:\n", takesEffect)
	}
	fmt.Fprintln(c.OutOrStdout(), token.Reveal())
	return Explained(err, c.ErrOrStderr())
}
