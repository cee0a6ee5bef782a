package transport

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"keycloak-scim-proxy/config"
)

// New returns the transport to Keycloak. It keeps as many idle connections as calls may run at the
// same time, so that connections are reused. now is for the age of its certificate.
func New(k config.Keycloak, now func() time.Time) (*http.Transport, error) {
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
	if k.CAFile == "" && k.CertFile == "" {
		return t, nil
	}
	if t.TLSClientConfig, err = ClientTLS(config.TLS{CAFile: k.CAFile, CertFile: k.CertFile, KeyFile: k.KeyFile}, now); err != nil {
		return nil, fmt.Errorf("keycloak: %w", err)
	}
	return t, nil
}

// outboundProxy returns the HTTP proxy for calls to Keycloak. Without keycloak.proxy there is none,
// also if the environment has one, because calls carry an account's secret.
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
