package cli

import (
	"errors"
	"net"
	"net/url"
	"os"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
)

const (
	// ConfigVariable is the environment variable with the configuration file.
	ConfigVariable = "SCIM_PROXY_CONFIG"
	// configHere is the file that is used if nothing names one.
	configHere = "config.yaml"
)

// ErrNoConfig means that no configuration file is named, and that there is none here.
var ErrNoConfig = errors.New("there is no configuration file: give --config FILE, or set " + ConfigVariable)

// ConfigFlag adds --config to a command.
func ConfigFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "config", "", "configuration file (docs/configuration.md); without it that of "+ConfigVariable+", or ./"+configHere)
}

// ConfigFile returns the configuration file: that of --config, of ConfigVariable, or ./config.yaml
// if it exists. The error is a UsageError of ErrNoConfig.
func ConfigFile(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if file := os.Getenv(ConfigVariable); file != "" {
		return file, nil
	}
	if info, err := os.Stat(configHere); err == nil && info.Mode().IsRegular() {
		return configHere, nil
	}
	return "", UsageError{ErrNoConfig}
}

// Load reads the configuration file of --config (ConfigFile) with all tenants. It returns the name
// of the file too.
func Load(flag string, known configfile.Idps) (file string, c *config.Config, err error) {
	if file, err = ConfigFile(flag); err != nil {
		return "", nil, err
	}
	c, err = configfile.Load(file, known)
	return file, c, err
}

// BaseURL is the SCIM base URL of a tenant, for its identity provider. Without publicURL it is what
// a caller on the same machine would use.
func BaseURL(c config.Config, tenant string) string {
	base := c.PublicURL
	if base == "" {
		scheme := "http"
		if c.TLS != nil {
			scheme = "https"
		}
		base = scheme + "://" + reachable(c.Listen)
	}
	return base + "/tenants/" + url.PathEscape(tenant) + "/scim/v2"
}

// AdminURL is the URL of the admin listener of a configuration, as a command on the same machine
// reaches it; "" if the listener is off.
func AdminURL(c config.Config) string {
	if c.AdminListen == "" {
		return ""
	}
	return "http://" + reachable(c.AdminListen)
}

// reachable is the address at which the same machine reaches a listener.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
