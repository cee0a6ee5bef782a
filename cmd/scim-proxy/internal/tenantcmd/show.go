package tenantcmd

import (
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/issued"
)

// Show is `tenant show`.
func (e Env) Show() *cobra.Command {
	var file, output string
	c := &cobra.Command{
		Use:     "show TENANT",
		Short:   "Show a tenant: its base URL, its settings with their defaults, and its tokens, without secrets",
		Example: "  scim-proxy tenant show acme --config config.yaml --output json",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, dir, err := e.Open(file, c.ErrOrStderr())
			if err != nil {
				return err
			}
			f, err := Find(dir, args[0])
			if err != nil {
				return err
			}
			shown := show(*cfg, f, e.stored(c.Context(), cfg, c.ErrOrStderr())[args[0]], e.Now())
			if output == "json" {
				return cli.WriteJSON(c.OutOrStdout(), shown)
			}
			shown.WriteYAML(c.OutOrStdout())
			return nil
		},
	}
	cli.ConfigFlag(c, &file)
	cli.OutputFlag(c, &output, "yaml", "json")
	return c
}

// show is what of a tenant may be shown: no secret, and no hash of a token.
func show(cfg config.Config, f configfile.TenantFile, stored []issued.Shown, now time.Time) cli.Fields {
	keys := []any{}
	for _, k := range f.Tenant.Tokens {
		state := stateOf(k, now)
		k.SHA256 = ""
		keys = append(keys, append(cli.FieldsOf(k), cli.Field{Key: "state", Value: state}))
	}
	t := f.Tenant
	t.Tokens = nil
	shown := cli.Fields{{Key: "baseURL", Value: cli.BaseURL(cfg, t.Tenant)}, {Key: "file", Value: f.Path}, {Key: "kind", Value: t.Kind()}}
	shown = append(shown, cli.FieldsOf(t)...)
	shown = append(shown, cli.Field{Key: "tokens", Value: keys})
	if len(stored) > 0 {
		shown = append(shown, cli.Field{Key: "storedTokens", Value: storedFields(stored)})
	}
	if wrong := problems(f); len(wrong) > 0 {
		all := []any{}
		for _, p := range wrong {
			all = append(all, p)
		}
		shown = append(shown, cli.Field{Key: "problems", Value: all})
	}
	return shown
}

// storedFields are the tokens in the store.
func storedFields(all []issued.Shown) []any {
	shown := []any{}
	for _, k := range all {
		one := cli.Fields{{Key: "id", Value: k.ID}, {Key: "made", Value: k.Made}, {Key: "by", Value: k.By}}
		for _, at := range []struct {
			key string
			at  time.Time
		}{{"expires", k.Expires}, {"revoked", k.Revoked}, {"used", k.Used}} {
			if !at.at.IsZero() {
				one = append(one, cli.Field{Key: at.key, Value: at.at})
			}
		}
		if k.RevokedBy != "" {
			one = append(one, cli.Field{Key: "revokedBy", Value: k.RevokedBy})
		}
		shown = append(shown, append(one, cli.Field{Key: "state", Value: k.State}))
	}
	return shown
}
