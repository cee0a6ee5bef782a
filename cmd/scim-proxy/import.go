package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/importer"
)

// importToken is the environment variable with the bearer token: a flag would show it to everybody on the machine.
const importToken = "SCIM_TOKEN"

func importCommand() *cobra.Command {
	o := importer.Options{Now: time.Now, Wait: pause, HTTP: &http.Client{
		Timeout:       5 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	var tenant, tokenFile string
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Create the users of a .csv or .jsonl file by bulk; can be interrupted and run again",
		Example: "  scim-proxy import users.csv --tenant workforce --token-file .demo/token\n" +
			"  " + importToken + "=... scim-proxy import users.failures.csv --url https://scim.example.com/scim/v2",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{errors.New("import needs one file, FILE.csv or FILE.jsonl")}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if o.URL, err = importURL(o.URL, tenant); err != nil {
				return usageError{err}
			}
			if o.Token, err = token(tokenFile); err != nil {
				return usageError{err}
			}
			if o.Batch < 1 {
				return usageError{errors.New("--batch must be at least 1")}
			}
			source, err := importer.Open(c.Context(), args[0])
			if c.Context().Err() != nil {
				return importer.ErrInterrupted
			}
			if err != nil {
				return usageError{err}
			}
			o.Out, o.Progress, o.Terminal = c.OutOrStdout(), c.ErrOrStderr(), isTerminal(os.Stderr)
			return importer.Run(c.Context(), source, o)
		},
	}
	c.Flags().StringVar(&o.URL, "url", "http://localhost:8080", "SCIM base URL; with --tenant the URL of the proxy")
	c.Flags().StringVar(&tenant, "tenant", "", "name of a tenant of the proxy at --url")
	c.Flags().StringVar(&tokenFile, "token-file", "", "file with the bearer token; without it the environment variable "+importToken)
	c.Flags().IntVar(&o.Batch, "batch", 200, "rows per request")
	return c
}

// importURL is the SCIM base.
func importURL(base, tenant string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("--url is not an http or https URL")
	}
	if tenant == "" {
		if strings.Trim(u.Path, "/") == "" {
			return "", errors.New("--url has no path: name the --tenant, or the whole SCIM base URL")
		}
		return base, nil
	}
	return strings.TrimSuffix(base, "/") + "/tenants/" + url.PathEscape(tenant) + "/scim/v2", nil
}

func token(file string) (string, error) {
	text := os.Getenv(importToken)
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		text = string(b)
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", errors.New("there is no bearer token: give --token-file, or set " + importToken)
	}
	return text, nil
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
