// Command scim-proxy stands in front of Keycloak's SCIM Realm API and makes it whole.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/config"
)

// version is set when the program is built.
var version = "dev"

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := root().ExecuteContext(ctx)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(exitCode(err))
}

// exitCode: 2 for a command line or configuration that makes no sense, 1 for everything else that went wrong.
func exitCode(err error) int {
	var problems config.Problems
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &problems), errors.As(err, &usage):
		return 2
	}
	return 1
}

// usageError is a mistake on the command line.
type usageError struct{ error }

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "scim-proxy",
		Short:         "A complete, truthful SCIM server in front of Keycloak",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	c.AddCommand(serveCommand(), demoCommand(), tenantCommand(), storeCommand(), simulateCommand(), importCommand(), versionCommand())
	return c
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), version) },
	}
}
