package main

import (
	"errors"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy"
)

func serveCommand() *cobra.Command {
	var file, keycloak, store, listen string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve SCIM as a configuration file says, or drop-in for every realm",
		Example: "  scim-proxy serve --config config.yaml\n" +
			"  scim-proxy serve --keycloak http://localhost:8180",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := serveConfig(file, keycloak, store, listen)
			if err != nil {
				return err
			}
			log, level, err := logger(cfg.Log)
			if err != nil {
				return err
			}
			tuneGC(int64(cfg.Limits.Memory))
			p, err := proxy.New(*cfg, log, proxy.Version(version), proxy.Level(level))
			if err != nil {
				return err
			}
			hangup := make(chan os.Signal, 1)
			signal.Notify(hangup, syscall.SIGHUP)
			defer close(hangup)
			defer signal.Stop(hangup)
			go func() {
				for range hangup {
					p.Reload()
				}
			}()
			return p.Run(c.Context(), func(a net.Addr) {
				log.Info("serving", zap.String("address", a.String()), zap.String("version", version))
			})
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringVar(&keycloak, "keycloak", "", "URL of Keycloak: serve drop-in for every realm, without a configuration file")
	c.Flags().StringVar(&store, "store", "", "with --keycloak: file of the embedded store (default scim-proxy/store.db in the user's configuration directory)")
	c.Flags().StringVar(&listen, "listen", "", "with --keycloak: address to serve on (default :8080)")
	return c
}

// logger returns a logger that writes to standard error, and its level.
func logger(c config.Log) (*zap.Logger, zap.AtomicLevel, error) {
	z := zap.NewProductionConfig()
	if c.Format == "console" {
		z = zap.NewDevelopmentConfig()
		z.Development, z.DisableStacktrace = false, true
	}
	z.DisableCaller, z.Sampling = true, nil // every request is logged
	if err := z.Level.UnmarshalText([]byte(c.Level)); err != nil {
		return nil, z.Level, err
	}
	log, err := z.Build()
	return log, z.Level, err
}

func serveConfig(file, keycloak, store, listen string) (*config.Config, error) {
	switch {
	case file != "" && keycloak != "":
		return nil, cli.UsageError{Err: errors.New("serve needs either --config FILE or --keycloak URL, not both")}
	case keycloak == "" && (store != "" || listen != ""):
		return nil, cli.UsageError{Err: errors.New("--store and --listen need --keycloak; with --config, set store and listen in the file")}
	case keycloak == "":
		file, err := cli.ConfigFile(file)
		if errors.Is(err, cli.ErrNoConfig) {
			return nil, cli.UsageError{Err: errors.New("serve needs either --config FILE or --keycloak URL")}
		}
		if err != nil {
			return nil, err
		}
		return configfile.Load(file, adapters.Known)
	}
	if store == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil, err
		}
		store = filepath.Join(dir, "scim-proxy", "store.db")
	}
	c := config.DropInOnly(keycloak, store)
	if listen != "" {
		c.Listen = listen
	}
	return &c, configfile.Validate(&c)
}
