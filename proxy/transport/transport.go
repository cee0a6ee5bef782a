// Package transport makes what the configuration says of connections: the transport to Keycloak, and TLS
// for clients and for the proxy itself.
package transport

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"keycloak-scim-proxy/config"
)

// New makes the transport to Keycloak. Connections are kept as many as calls may run, so that
// none is dialled anew.
func New(k config.Keycloak) (*http.Transport, error) {
	t := &http.Transport{
		MaxIdleConns:        k.MaxInFlight,
		MaxIdleConnsPerHost: k.MaxInFlight,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
	var err error
	if t.Proxy, err = outboundProxy(k); err != nil {
		return nil, fmt.Errorf("keycloak.proxy: %w", err)
	}
	if k.CAFile == "" {
		return t, nil
	}
	if t.TLSClientConfig, err = ClientTLS(config.TLS{CAFile: k.CAFile}); err != nil {
		return nil, fmt.Errorf("keycloak.caFile: %w", err)
	}
	return t, nil
}

// outboundProxy finds the HTTP proxy for calls to Keycloak. Without keycloak.proxy there is none,
// whatever the environment says: such a call carries an account's secret.
func outboundProxy(k config.Keycloak) (func(*http.Request) (*url.URL, error), error) {
	switch k.Proxy {
	case "":
		return nil, nil
	case "environment":
		return http.ProxyFromEnvironment, nil
	}
	u, err := url.Parse(k.Proxy)
	return http.ProxyURL(u), err
}
