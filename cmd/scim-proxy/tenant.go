package main

import (
	"crypto/rand"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/tokens"

	"github.com/spf13/cobra"
)

func tenantCommand() *cobra.Command {
	c := &cobra.Command{Use: "tenant", Short: "Work with tenants"}
	c.AddCommand(tokenCommand(), checkCommand(), sweepCommand())
	return c
}

func tokenCommand() *cobra.Command {
	var key string
	c := &cobra.Command{
		Use:   "token TENANT",
		Short: "Create a bearer token; it is shown once, and its hash goes into the tenant's file",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			token, err := tokens.Mint(rand.Reader, args[0], key)
			if err != nil {
				return usageError{err}
			}
			fmt.Fprintf(c.ErrOrStderr(), "Give the token to the identity provider, and put this line under tokens in the tenant's file:\n  - {id: %s, sha256: %q, created: %s}\n",
				key, fmt.Sprintf("%x", token.SHA256()), time.Now().UTC().Format(time.DateOnly))
			fmt.Fprintln(c.OutOrStdout(), token.Reveal())
			return nil
		},
	}
	c.Flags().StringVar(&key, "key", "k1", "id of the key, lower-case letters and digits")
	return c
}
