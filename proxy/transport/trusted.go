package transport

import (
	"net/http"
	"net/netip"
	"slices"

	"keycloak-scim-proxy/config"
)

// Trusted returns a function that reports whether a request comes from one of the networks of the
// configuration.
func Trusted(texts []string) (func(*http.Request) bool, error) {
	networks := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		var err error
		if networks[i], err = config.Network(text); err != nil {
			return nil, err
		}
	}
	return func(r *http.Request) bool {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		address := peer.Addr().Unmap().WithZone("")
		return err == nil && slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(address) })
	}, nil
}
