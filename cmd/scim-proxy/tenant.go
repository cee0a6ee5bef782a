package main

import (
	"crypto/rand"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/canarycmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/onboardcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
)

func tenantCommand() *cobra.Command {
	c := &cobra.Command{Use: "tenant", Short: "Work with tenants"}
	files := tenantcmd.Env{Known: adapters.Known, Now: time.Now, Random: rand.Reader}
	keycloak := onboardcmd.Env{Env: files}
	canaries := canarycmd.Env{Env: files}
	c.AddCommand(canaries.Canary(), keycloak.Plan(), keycloak.Add(), keycloak.Verify(), keycloak.Adopt(), keycloak.Groups(), keycloak.Remove(), keycloak.Check(),
		files.List(), files.Show(), files.Token(), files.Rotate(), files.Revoke(), sweepCommand())
	return c
}
