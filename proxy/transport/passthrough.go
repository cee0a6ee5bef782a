package transport

import (
	"net/http"
	"net/url"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/clientip"
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
		Deny: cfg.DropIn.Passthrough.Deny, Timeout: cfg.DropIn.Passthrough.Timeout.Std(), Trusted: Networks(cfg.TrustedProxies),
	}
	return passthrough.New(o), nil
}

// Networks returns networks of the configuration, one for each text. A text that is none has become
// a network without an address, so that a list of allowed networks never becomes empty.
func Networks(texts []string) (all clientip.Networks) {
	for _, text := range texts {
		network, _ := config.Network(text) // files were validated
		all = append(all, network)
	}
	return all
}
