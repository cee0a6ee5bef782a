// Command scim-proxy is a SCIM 2.0 server in front of Keycloak's SCIM Realm API. `serve` runs it;
// the other commands try it out, import users, and maintain tenants and the store.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/configcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/democmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctorcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/storecmd"
	"keycloak-scim-proxy/config/configfile"
)

// version is set by the linker (Makefile, target build).
var version = "dev"

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, cancel) // a second signal ends the program at once
	err := root().ExecuteContext(ctx)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(exitCode(err))
}

// exitCode returns 2 for an error in the command line or the configuration, 1 for any other
// error, and 0 without one.
func exitCode(err error) int {
	var problems configfile.Problems
	var usage cli.UsageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &problems), errors.As(err, &usage):
		return 2
	}
	return 1
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "scim-proxy",
		Short:         "A complete SCIM server in front of Keycloak",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       version,
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return cli.UsageError{Err: err} })
	c.AddCommand(serveCommand(), democmd.Command(), tenantCommand(), storecmd.Env{Known: adapters.Known, Now: time.Now}.Command(), doctorcmd.Command(adapters.Known, time.Now), configcmd.Command(adapters.Known), simulateCommand(), importCommand(), healthCommand(), versionCommand())
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
