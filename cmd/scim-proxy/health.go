package main

import (
	"context"
	"errors"
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
	var url, caFile, output string
	var expect int
	c := &cobra.Command{
		Use:   "health",
		Short: "Ask a running proxy whether it is ready; the exit code is 0 if it is, and 1 if not",
		Example: "  scim-proxy health\n" +
			"  scim-proxy health --url http://scim:8080/scim/v2/Users --expect 401",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			to, err := cli.Transport(caFile)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(c.Context(), healthTimeout)
			defer cancel()
			h, err := askHealth(ctx, to, url, expect)
			if _, usage := errors.AsType[cli.UsageError](err); output == "json" && !usage {
				err = errors.Join(cli.WriteJSON(c.OutOrStdout(), h), err)
			}
			return err
		},
	}
	cli.CAFlag(c, &caFile, "the server")
	cli.OutputFlag(c, &output, "text", "json")
	c.Flags().StringVar(&url, "url", "http://127.0.0.1:9090/readyz", "address to ask")
	c.Flags().IntVar(&expect, "expect", http.StatusOK, "the status that the answer must have")
	return c
}

// healthy is what `health --output json` prints, which docs/commands.md documents.
type healthy struct {
	URL      string `json:"url"`
	OK       bool   `json:"ok"`
	Expected int    `json:"expected"`
	// Status is absent if there was no answer.
	Status int `json:"status,omitempty"`
	// Text is the beginning of the answer.
	Text string `json:"text,omitempty"`
}

// askHealth gets a URL. The error has the beginning of an answer with another status.
func askHealth(ctx context.Context, to http.RoundTripper, url string, expect int) (healthy, error) {
	h := healthy{URL: url, Expected: expect}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return h, cli.UsageError{Err: fmt.Errorf("--url: %w", err)}
	}
	client := http.Client{Transport: to, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return h, err
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 512))
	h.Status, h.OK, h.Text = answer.StatusCode, answer.StatusCode == expect, strings.TrimSpace(string(body))
	if !h.OK {
		return h, fmt.Errorf("%s answers %s, not %d: %s", url, answer.Status, expect, h.Text)
	}
	return h, nil
}
