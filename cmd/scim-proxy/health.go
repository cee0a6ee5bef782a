package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"

	"github.com/spf13/cobra"
)

// healthTimeout bounds the request of `health`. It is more than /readyz takes.
const healthTimeout = 8 * time.Second

// healthCommand asks a running proxy, for containers: the image has no other program for it.
func healthCommand() *cobra.Command {
	var url string
	var expect int
	c := &cobra.Command{
		Use:   "health",
		Short: "Ask a running proxy whether it is ready; the exit code is 0 if it is, and 1 if not",
		Example: "  scim-proxy health\n" +
			"  scim-proxy health --url http://scim:8080/scim/v2/Users --expect 401",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(c.Context(), healthTimeout)
			defer cancel()
			return askHealth(ctx, url, expect)
		},
	}
	c.Flags().StringVar(&url, "url", "http://127.0.0.1:9090/readyz", "address to ask")
	c.Flags().IntVar(&expect, "expect", http.StatusOK, "the status that the answer must have")
	return c
}

// askHealth gets a URL. The error has the beginning of an answer with another status.
func askHealth(ctx context.Context, url string, expect int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return cli.UsageError{Err: fmt.Errorf("--url: %w", err)}
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode == expect {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 512))
	return fmt.Errorf("%s answers %s, not %d: %s", url, answer.Status, expect, strings.TrimSpace(string(body)))
}
