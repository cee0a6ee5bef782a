package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer"
)

// importPause is how long a server that had no time for rows is left alone.
const importPause = 5 * time.Second

func importCommand() *cobra.Command {
	o := importer.Options{Now: time.Now, Attempts: 3, Wait: pause, HTTP: &http.Client{Timeout: 5 * time.Minute}}
	var tenant, tokenFile string
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Create the users of a .csv or .jsonl file by bulk; can be interrupted and run again",
		Example: "  scim-proxy import users.csv --url http://localhost:8080 --tenant workforce --token-file .demo/token\n" +
			"  scim-proxy import users.failures.csv --url http://localhost:8080/scim/v2 --token \"$WORKFORCE_TOKEN\"",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if o.URL == "" || (o.Token == "") == (tokenFile == "") {
				return usageError{errors.New("import needs --url, and either --token or --token-file")}
			}
			if o.Batch < 1 {
				return usageError{errors.New("--batch must be at least 1")}
			}
			if tokenFile != "" {
				b, err := os.ReadFile(tokenFile)
				if err != nil {
					return err
				}
				o.Token = strings.TrimSpace(string(b))
			}
			if tenant != "" {
				o.URL = strings.TrimSuffix(o.URL, "/") + "/tenants/" + tenant + "/scim/v2"
			}
			o.File, o.Out = args[0], c.ErrOrStderr()
			return importer.Run(c.Context(), o)
		},
	}
	c.Flags().StringVar(&o.URL, "url", "", "SCIM base URL; with --tenant the URL of the proxy")
	c.Flags().StringVar(&tenant, "tenant", "", "name of a tenant of the proxy at --url")
	c.Flags().StringVar(&o.Token, "token", "", "bearer token")
	c.Flags().StringVar(&tokenFile, "token-file", "", "file with the bearer token")
	c.Flags().IntVar(&o.Batch, "batch", 200, "rows per request")
	return c
}

func pause(ctx context.Context, _ int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(importPause):
		return nil
	}
}
