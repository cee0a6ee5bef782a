package transport

import (
	"net/http"
	"net/url"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/passthrough"
)

// Passthrough makes the passthrough of the configuration; to is the transport to Keycloak, and
// measured decorates it.
func Passthrough(cfg config.Config, to *http.Transport, measured func(http.RoundTripper) http.RoundTripper) (*passthrough.Passthrough, error) {
	target, err := url.Parse(cfg.Keycloak.URL)
	if err != nil {
		return nil, err
	}
	to = to.Clone()
	to.DisableCompression = true // so that no Accept-Encoding is added
	o := passthrough.Options{
		Target: target, Transport: measured(to),
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
