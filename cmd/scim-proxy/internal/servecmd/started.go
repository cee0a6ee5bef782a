package servecmd

import (
	"cmp"
	"net"
	"net/url"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
)

// started is what the log says at the start of serve, without secrets: what is served, where, and
// from what. address is that of the public listener.
func started(c config.Config, version string, address net.Addr) []zap.Field {
	fields := []zap.Field{
		zap.String("version", version),
		zap.String("address", address.String()), zap.String("adminAddress", cmp.Or(c.AdminListen, "off")), zap.Bool("tls", c.TLS != nil),
		zap.String("publicURL", c.PublicURL), zap.String("keycloak", redacted(c.Keycloak.URL)),
		zap.Bool("dropIn", c.DropIn.Enabled), zap.Bool("passthrough", c.DropIn.Passthrough != nil),
		zap.String("tenantsDir", c.TenantsDir), zap.Any("tenants", tenantsBy(c.Tenants)),
	}
	if r := c.Store.Redis; r != nil {
		fields = append(fields, zap.String("store", "redis"), zap.Strings("storeAddresses", r.Addresses), zap.String("storePrefix", r.Prefix), zap.Bool("storeTLS", r.TLS != nil))
	} else {
		fields = append(fields, zap.String("store", "embedded"), zap.String("storePath", c.Store.Embedded.Path))
	}
	return append(fields, zap.Bool("storeEncrypted", c.Store.Encryption != nil))
}

// tenantsBy counts tenants by kind (realm: the whole realm; group: one group of it), and by the
// state in their files.
func tenantsBy(all []config.Tenant) map[string]map[string]int {
	counts := map[string]map[string]int{"realm": {}, "group": {}}
	for _, t := range all {
		counts[t.Kind()][t.State]++
	}
	return counts
}

// redacted is a URL without a password.
func redacted(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Redacted()
}
