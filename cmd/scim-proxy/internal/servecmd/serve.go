package servecmd

import (
	"errors"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy"
)

// Command is `serve`. version is that of the program, for the log.
func Command(version string) *cobra.Command {
	var file, keycloak, store, listen string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve SCIM as a configuration file says, or drop-in for every realm",
		Example: "  scim-proxy serve --config config.yaml\n" +
			"  scim-proxy serve --keycloak http://localhost:8180",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, note, err := serveConfig(file, keycloak, store, listen)
			if err != nil {
				return err
			}
			log, level, err := logger(cfg.Log)
			if err != nil {
				return err
			}
			if note != "" {
				log.Warn(note)
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
					log.Info("SIGHUP: the tenants' files are read again, and the audit log is opened again; a change of the main file needs a restart")
					p.Reload()
				}
			}()
			return p.Run(c.Context(), func(a net.Addr) {
				log.Info("serving", started(*cfg, version, a)...)
			})
		},
	}
	cli.ConfigFlag(c, &file)
	c.Flags().StringVar(&keycloak, "keycloak", "", "URL of Keycloak: serve drop-in for every realm, without a configuration file")
	c.Flags().StringVar(&store, "store", "", "with --keycloak: file of the embedded store (default store.db in $STATE_DIRECTORY, or scim-proxy/store.db in the user's state directory)")
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

// serveConfig returns the configuration, with a note for the log that may be empty.
func serveConfig(file, keycloak, store, listen string) (cfg *config.Config, note string, err error) {
	switch {
	case file != "" && keycloak != "":
		return nil, "", cli.Usage("serve needs either --config FILE or --keycloak URL, not both")
	case keycloak == "" && (store != "" || listen != ""):
		return nil, "", cli.Usage("--store and --listen need --keycloak; with --config, set store and listen in the file")
	case keycloak == "":
		file, err := cli.ConfigFile(file)
		if errors.Is(err, cli.ErrNoConfig) {
			return nil, "", cli.Usage("serve needs either --config FILE or --keycloak URL")
		}
		if err != nil {
			return nil, "", err
		}
		cfg, err = configfile.Load(file, adapters.Known)
		return cfg, "", err
	}
	if store == "" {
		if store, note, err = defaultStore(here()); err != nil {
			return nil, "", err
		}
	}
	c := config.DropInOnly(keycloak, store)
	if listen != "" {
		c.Listen = listen
	}
	return &c, note, configfile.Validate(&c)
}
