package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/canarycmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/checkcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/invitecmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/onboardcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/revoked"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store"
)

// share adds revocations to a store.
func share(ctx context.Context, s config.Store, all []revoked.Entry) error {
	engine, err := storage.Open(ctx, s, zap.NewNop())
	if err != nil {
		return err
	}
	return errors.Join(revoked.Add(ctx, engine.Open(revoked.SpaceName), all...), engine.Close())
}

// opened opens a store for a command.
func opened(ctx context.Context, s config.Store) (store.Engine, error) {
	return storage.Open(ctx, s, zap.NewNop())
}

// tenantFiles is what commands need that work with the files of tenants.
func tenantFiles() tenantcmd.Env {
	return tenantcmd.Env{Known: adapters.Known, Now: time.Now, Random: rand.Reader, Share: share}
}

func tenantCommand() *cobra.Command {
	c := &cobra.Command{Use: "tenant", Short: "Work with tenants"}
	files := tenantFiles()
	keycloak := onboardcmd.Env{Env: files}
	canaries := canarycmd.Env{Env: files}
	c.AddCommand(canaries.Canary(), keycloak.Plan(), keycloak.Add(), keycloak.Verify(), keycloak.Adopt(), keycloak.Groups(), keycloak.Remove(), checkcmd.Command(files.Known),
		invitecmd.Env{Known: files.Known}.Command(), files.List(), files.Show(), files.Token(), files.Rotate(), files.Revoke(), sweepCommand())
	return c
}
