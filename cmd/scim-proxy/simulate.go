package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/simulate"
)

func simulateCommand() *cobra.Command {
	o := simulate.Options{}
	var tenant, tokenFile, caFile, output string
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Send an identity provider's documented requests to a SCIM URL and check every end state",
		Example: "  scim-proxy simulate --idp okta --url http://localhost:8080 --tenant workforce --token-file .demo/token\n" +
			"  scim-proxy simulate --idp entra --url http://localhost:8080/scim/v2 --token-file -",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.URL == "" {
				return cli.UsageError{Err: errors.New("simulate needs --url, the SCIM base URL or with --tenant the URL of the proxy")}
			}
			var err error
			if o.Token, err = readToken(tokenFile, c.InOrStdin()); err != nil {
				return err
			}
			if tenant != "" {
				o.URL = strings.TrimSuffix(o.URL, "/") + "/tenants/" + tenant + "/scim/v2"
			}
			if o.Users < 1 {
				return cli.UsageError{Err: errors.New("--users must be at least 1")}
			}
			if !slices.Contains(simulate.Names(), o.IDP) {
				return cli.Usage("--idp must be one of %s", strings.Join(simulate.Names(), ", "))
			}
			if o.Transport, err = cli.Transport(caFile); err != nil {
				return err
			}
			o.RunID = strings.ToLower(rand.Text()[:8])
			return runSimulation(c, o, output)
		},
	}
	c.Flags().StringVar(&o.IDP, "idp", "generic", "one of "+strings.Join(simulate.Names(), ", "))
	c.Flags().StringVar(&o.URL, "url", "", "SCIM base URL; with --tenant the URL of the proxy")
	c.Flags().StringVar(&tenant, "tenant", "", "name of a tenant of the proxy at --url")
	c.Flags().StringVar(&tokenFile, "token-file", "", tokenFlag)
	c.Flags().IntVar(&o.Users, "users", 3, "how many users")
	c.Flags().IntVar(&o.Groups, "groups", 2, "how many groups")
	c.Flags().IntVar(&o.Churn, "churn", 1, "how many rounds of membership changes")
	cli.CAFlag(c, &caFile, "the server")
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

// simulated is what `simulate --output json` prints, which docs/commands.md documents.
type simulated struct {
	IDP   string          `json:"idp"`
	URL   string          `json:"url"`
	OK    bool            `json:"ok"`
	Steps []simulate.Step `json:"steps"`
}

func runSimulation(c *cobra.Command, o simulate.Options, output string) error {
	out := c.OutOrStdout()
	if output == "json" {
		all := simulated{IDP: o.IDP, URL: o.URL, Steps: []simulate.Step{}}
		o.Report = func(s simulate.Step) { all.Steps = append(all.Steps, s) }
		err := simulate.Run(c.Context(), o)
		all.OK = err == nil
		return errors.Join(cli.WriteJSON(out, all), err)
	}
	o.Report = func(s simulate.Step) { _, _ = fmt.Fprint(out, s.Text()) }
	fmt.Fprintf(out, "%s talks to %s\n", o.IDP, o.URL)
	return simulate.Run(c.Context(), o)
}
