package main

import (
	"crypto/rand"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
)

func tenantCommand() *cobra.Command {
	c := &cobra.Command{Use: "tenant", Short: "Work with tenants"}
	files := tenantcmd.Env{Known: adapters.Known, Now: time.Now, Random: rand.Reader}
	c.AddCommand(files.List(), files.Show(), files.Token(), files.Rotate(), files.Revoke(), checkCommand(), sweepCommand())
	return c
}
