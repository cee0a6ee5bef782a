package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
	"keycloak-scim-proxy/proxy/pause"
)

func importCommand() *cobra.Command {
	o := importer.Options{Now: time.Now, Wait: pause.For}
	var base, tenant, tokenFile, caFile, output string
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Create the users in a .csv or .jsonl file by bulk requests; can be interrupted and run again",
		Example: "  scim-proxy import users.csv --tenant workforce --token-file .demo/token\n" +
			"  " + tokenVariable + "=... scim-proxy import users.failures.csv --url https://scim.example.com/scim/v2",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if base, err = importURL(base, tenant); err != nil {
				return cli.UsageError{Err: err}
			}
			token, err := readToken(tokenFile, c.InOrStdin())
			if err != nil {
				return err
			}
			if o.Batch < 1 {
				return cli.UsageError{Err: errors.New("--batch must be at least 1")}
			}
			transport, err := cli.Transport(caFile)
			if err != nil {
				return err
			}
			source, err := importer.Open(c.Context(), args[0])
			if c.Context().Err() != nil {
				return importer.ErrInterrupted
			}
			if err != nil {
				return cli.UsageError{Err: err}
			}
			o.Client = scimclient.New(scimclient.Options{URL: base, Token: scimclient.Bearer(token), Timeout: 5 * time.Minute, Agent: "scim-proxy import", Transport: transport})
			o.Report = func(r importer.Result) { printImport(c.OutOrStdout(), r, output) }
			o.Progress, o.Terminal = c.ErrOrStderr(), cli.Terminal(os.Stderr) != nil
			return importer.Run(c.Context(), source, o)
		},
	}
	c.Flags().StringVar(&base, "url", "http://localhost:8080", "SCIM base URL; with --tenant the URL of the proxy")
	c.Flags().StringVar(&tenant, "tenant", "", "name of a tenant of the proxy at --url")
	c.Flags().StringVar(&tokenFile, "token-file", "", tokenFlag)
	c.Flags().IntVar(&o.Batch, "batch", 200, "rows per request")
	c.Flags().BoolVar(&o.Restart, "restart", false, "begin with the first row, whatever an earlier run has done")
	cli.CAFlag(c, &caFile, "the server")
	cli.OutputFlag(c, &output, "text", "json")
	return c
}

func printImport(out io.Writer, r importer.Result, output string) {
	if output == "json" {
		_ = cli.WriteJSON(out, r)
		return
	}
	_, _ = fmt.Fprint(out, r.Text())
}

// importURL returns the SCIM base URL.
func importURL(base, tenant string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("--url %q is not an http or https URL", base)
	}
	if tenant == "" {
		if strings.Trim(u.Path, "/") == "" {
			return "", errors.New("--url has no path: name the --tenant, or the whole SCIM base URL")
		}
		return base, nil
	}
	return strings.TrimSuffix(base, "/") + "/tenants/" + url.PathEscape(tenant) + "/scim/v2", nil
}
