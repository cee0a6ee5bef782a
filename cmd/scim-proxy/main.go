// Command scim-proxy is a SCIM 2.0 server in front of Keycloak's SCIM Realm API. `serve` runs it;
// the other commands try it out, import users, and maintain tenants and the store.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certifycmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/configcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/democmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctorcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/driftcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/guardcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/journalcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/placecmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/servecmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/storecmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/undocmd"
	"keycloak-scim-proxy/config/configfile"
)

// version is set by the linker (Makefile, target build).
var version = "dev"

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, cancel) // a second signal ends the program at once
	err := root().ExecuteContext(ctx)
	cancel()
	os.Exit(ended(err, os.Stderr))
}

// ended writes the error that a command ended with, and returns the exit code.
func ended(err error, to io.Writer) int {
	if err != nil {
		fmt.Fprintln(to, err)
	}
	return exitCode(err)
}

// exitCode returns what exitCodes says of an error.
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
	c.AddCommand(servecmd.Command(version), democmd.Command(), tenantCommand(), guardcmd.Env{Env: tenantFiles(), Store: opened}.Command(), storecmd.Env{Known: adapters.Known, Now: time.Now}.Command(), doctorcmd.Command(adapters.Known, time.Now, liveInStore), configcmd.Command(adapters.Known), journalcmd.Env{Known: adapters.Known, Now: time.Now}.Journal(), journalcmd.Env{Known: adapters.Known, Now: time.Now}.Explain(), eventsCommand(), undocmd.Command(placecmd.Env{Known: adapters.Known, Now: time.Now}), driftcmd.Command(placecmd.Env{Known: adapters.Known, Now: time.Now}), simulateCommand(), certifycmd.Command(readToken, tokenFlag), importCommand(), healthCommand(), versionCommand())
	strict(c)
	complete(c, completions(tenantFiles()))
	return c
}

// built is what `version --output json` prints, which docs/commands.md documents.
type built struct {
	Version string `json:"version"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func versionCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output == "json" {
				return cli.WriteJSON(c.OutOrStdout(), built{version, runtime.Version(), runtime.GOOS, runtime.GOARCH})
			}
			_, err := fmt.Fprintln(c.OutOrStdout(), version)
			return err
		},
	}
	cli.OutputFlag(c, &output, "text", "json")
	return c
}
