package canarycmd

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/canary"
)

// Env is what the command needs besides its arguments.
type Env struct{ tenantcmd.Env }

// Canary is `tenant canary`.
func (e Env) Canary() *cobra.Command {
	var file, output string
	var at Target
	var values []string
	var withdraw, accept bool
	c := &cobra.Command{
		Use:   "canary TENANT",
		Short: "Prove with a user of its own that the tenant's required attributes survive, and let a staged tenant go live",
		Example: "  scim-proxy tenant canary acme\n" +
			"  scim-proxy tenant canary acme --value department=Sales\n" +
			"  scim-proxy tenant canary acme --withdraw",
		Long: "Asks the running proxy, at its admin listener, to create, read, change, deactivate and delete a user as the tenant's identity provider\n" +
			"would, with every required attribute, and to read it in Keycloak after each step. Prints attribute by attribute what survived and where\n" +
			"it lives. If everything does, the proxy keeps that as the proof, and a tenant whose file says `state: staged` is live. The exit code is 1\n" +
			"if the canary is red; then nothing changes.",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, _, err := e.Open(file, c.ErrOrStderr())
			if err != nil {
				return err
			}
			url, err := at.URL(*cfg)
			if err != nil {
				return err
			}
			if withdraw {
				return Withdraw(c.Context(), url, args[0])
			}
			given, err := pairs(values)
			if err != nil {
				return err
			}
			report, err := Run(c.Context(), url, args[0], canary.Request{Values: given, Accept: accept})
			if err != nil {
				return err
			}
			if output == "json" {
				err = cli.WriteJSON(c.OutOrStdout(), report)
			} else {
				_, err = fmt.Fprint(c.OutOrStdout(), report.Text())
			}
			if err == nil && !report.Green {
				err = fmt.Errorf("the canary of the tenant %s is red", args[0])
			}
			return err
		},
	}
	cli.ConfigFlag(c, &file)
	at.Flag(c)
	c.Flags().StringArrayVar(&values, "value", nil, "ATTRIBUTE=VALUE: write this value instead of a made one, for an attribute whose values Keycloak checks; may be repeated")
	c.Flags().BoolVar(&accept, "accept", false, "accept that required attributes live elsewhere than they did when they were verified")
	c.Flags().BoolVar(&withdraw, "withdraw", false, "forget the proof instead: a tenant whose file says staged is held again")
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

// pairs reads the values of --value.
func pairs(values []string) (map[string]string, error) {
	out := map[string]string{}
	for _, v := range values {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, cli.Usage("--value %s: write ATTRIBUTE=VALUE", v)
		}
		out[name] = value
	}
	return out, nil
}

// Target is where the proxy's admin listener is.
type Target struct{ url string }

// Flag adds the flag.
func (t *Target) Flag(c *cobra.Command) {
	c.Flags().StringVar(&t.url, "admin-url", "", "URL of the admin listener of the running proxy (default that of adminListen on this machine)")
}

// URL is that of the flag, or of the configuration.
func (t *Target) URL(c config.Config) (string, error) {
	url := cmp.Or(t.url, cli.AdminURL(c))
	if url == "" {
		return "", cli.Usage("the configuration has no adminListen, where the proxy takes requests for canaries: set it, or give --admin-url")
	}
	return url, nil
}
