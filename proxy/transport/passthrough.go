package transport

import (
	"net/http"
	"net/url"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/passthrough"
)

// Passthrough makes the passthrough of the configuration; to is the transport to Keycloak.
func Passthrough(cfg config.Config, to *http.Transport) (*passthrough.Passthrough, error) {
	target, err := url.Parse(cfg.Keycloak.URL)
	if err != nil {
		return nil, err
	}
	to = to.Clone()
	to.DisableCompression = true // so that no Accept-Encoding is added
	o := passthrough.Options{
		Target: target, Transport: observe.Transport(to, time.Now),
		Deny: cfg.DropIn.Passthrough.Deny, Timeout: cfg.DropIn.Passthrough.Timeout.Std(),
	}
	for _, text := range cfg.TrustedProxies {
		network, err := config.Network(text)
		if err != nil {
			return nil, err
		}
		o.Trusted = append(o.Trusted, network)
	}
	return passthrough.New(o), nil
}
