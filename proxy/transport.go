package proxy

import (
	"fmt"
	"net/http"
	"time"

	"keycloak-scim-proxy/config"
)

// newTransport is the transport to Keycloak. Connections are kept as many as calls may run, so that none is dialled anew.
func newTransport(k config.Keycloak) (*http.Transport, error) {
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		MaxIdleConns:        k.MaxInFlight,
		MaxIdleConnsPerHost: k.MaxInFlight,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	if k.CAFile == "" {
		return t, nil
	}
	var err error
	if t.TLSClientConfig, err = clientTLS(config.TLS{CAFile: k.CAFile}); err != nil {
		return nil, fmt.Errorf("keycloak.caFile: %w", err)
	}
	return t, nil
}
