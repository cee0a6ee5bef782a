package main

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/canarycmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/checkcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/invitecmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/onboardcmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/operatecmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/issued"
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

// atRuntime carries out a request for tokens that are made at run time, by the proxy that has an
// embedded store open, or here. An embedded store that is not there has none.
func atRuntime(ctx context.Context, c *config.Config, r issued.Request) (a issued.Answer, err error) {
	if at := c.Store.Embedded; at != nil && (r.Action == issued.ActionList || r.Action == issued.ActionRevokeAll || r.Action == issued.ActionDrop) {
		if _, err := os.Stat(at.Path); errors.Is(err, fs.ErrNotExist) {
			return issued.Answer{}, nil
		}
	}
	with := *c
	with.Tenants, _ = configfile.LoadTenants(c.TenantsDir, adapters.Known) // those that are wrong are not served
	return a, operatecmd.Do(ctx, &with, "tokens", r, func(one issued.Answer) error { a = one; return nil })
}

// liveInStore is how many live tokens a tenant has in the store.
func liveInStore(ctx context.Context, c *config.Config, tenant string) (live int, err error) {
	a, err := atRuntime(ctx, c, issued.Request{Tenant: tenant, Action: issued.ActionList})
	for _, k := range a.Tokens {
		if k.State == issued.Live {
			live++
		}
	}
	return live, err
}

// opened opens a store for a command.
func opened(ctx context.Context, s config.Store) (store.Engine, error) {
	return storage.Open(ctx, s, zap.NewNop())
}

// tenantFiles is what commands need that work with the files of tenants.
func tenantFiles() tenantcmd.Env {
	return tenantcmd.Env{Known: adapters.Known, Now: time.Now, Random: rand.Reader, Share: share, Tokens: atRuntime}
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
