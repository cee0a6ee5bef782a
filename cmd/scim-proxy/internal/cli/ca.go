package cli

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/transport"
)

// CAFlag adds --ca-file to a command that is a client of the server that whose names.
func CAFlag(c *cobra.Command, file *string, whose string) {
	c.Flags().StringVar(file, "ca-file", "", "file with the PEM certificates to trust for "+whose+", instead of those of the system")
}

// Transport returns the transport of a client that trusts the certificates of --ca-file, or those
// of the system if it is empty. It uses the HTTP proxy of the environment. The error is a
// UsageError.
func Transport(caFile string) (*http.Transport, error) {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default transport is not that of net/http")
	}
	t = t.Clone()
	if caFile == "" {
		return t, nil
	}
	var err error
	if t.TLSClientConfig, err = transport.ClientTLS(config.TLS{CAFile: caFile}, time.Now); err != nil {
		return nil, UsageError{fmt.Errorf("--ca-file: %w", err)}
	}
	return t, nil
}
