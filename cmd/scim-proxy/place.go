package main

import (
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/placecmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
)

// places is what commands need that work on what a tenant sees.
func places() placecmd.Env {
	return placecmd.Env{Known: adapters.Known, Now: time.Now, Open: func(c config.Config) (placecmd.Tenants, error) {
		return proxy.New(c, zap.NewNop())
	}}
}
