package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/eventscmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/operatecmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/storage"
)

func eventsCommand() *cobra.Command {
	open := func(ctx context.Context, s config.Store) (eventscmd.Store, error) {
		engine, err := storage.Open(ctx, s, zap.NewNop())
		if err != nil {
			return nil, operatecmd.InUse(err, s)
		}
		return engine, nil
	}
	return eventscmd.Env{Known: adapters.Known, Open: open, Now: time.Now}.Command()
}
