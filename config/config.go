package config

import "time"

// Config is the main file.
type Config struct {
	// Listen is the address that the SCIM API is served on, host:port.
	Listen string `yaml:"listen"`
	// AdminListen is the address for health (/healthz, /readyz) and metrics (/metrics). It must never be public. Empty: not served.
	AdminListen string `yaml:"adminListen"`
	// PublicURL is the scheme, host and optional path under which callers reach the proxy; it stands in Location, meta.location and $ref. Absent: taken from each request's Host header, which a caller can choose.
	PublicURL string `yaml:"publicURL"`
	// Keycloak is the server behind the proxy.
	Keycloak Keycloak `yaml:"keycloak"`
	// DropIn serves /realms/{realm}/scim/v2 with the caller's own Keycloak token.
	DropIn DropIn `yaml:"dropIn"`
	// Store keeps what Keycloak does not: exactly one of embedded and redis.
	Store Store `yaml:"store"`
	// TenantsDir is the directory with one file per tenant, *.yaml or *.yml. Absent: no tenants.
	TenantsDir string `yaml:"tenantsDir"`
	// Limits bound what a request may ask for.
	Limits Limits `yaml:"limits"`

	// Tenants are read from TenantsDir.
	Tenants []Tenant `yaml:"-"`
}

// Keycloak is the server behind the proxy.
type Keycloak struct {
	// URL is what is dialled: scheme, host and optional path. Issuer and audience come from Keycloak's own discovery.
	URL string `yaml:"url"`
	// Timeout is how long one call to Keycloak may take.
	Timeout Duration `yaml:"timeout"`
	// MaxInFlight is how many calls to Keycloak may run at the same time.
	MaxInFlight int `yaml:"maxInFlight"`
	// CAFile holds the PEM certificates to trust instead of the system's.
	CAFile string `yaml:"caFile"`
}

// DropIn is the drop-in mode.
type DropIn struct {
	// Enabled serves every realm whose SCIM API is enabled.
	Enabled bool `yaml:"enabled"`
	// Passthrough hands every other path to Keycloak, so that the proxy can stand at the ingress.
	Passthrough bool `yaml:"passthrough"`
}

// Store says where kept attributes live.
type Store struct {
	// Embedded is a file beside a single proxy.
	Embedded *Embedded `yaml:"embedded"`
	// Redis is shared by several proxies.
	Redis *Redis `yaml:"redis"`
	// Encryption seals records at rest.
	Encryption *Encryption `yaml:"encryption"`
}

// Embedded is the store in a file.
type Embedded struct {
	// Path of the file; its directory is made.
	Path string `yaml:"path"`
}

// Redis is the store in a Redis server or cluster.
type Redis struct {
	// Addresses are host:port; several make a cluster.
	Addresses []string `yaml:"addresses"`
	// Username of the ACL user.
	Username string `yaml:"username"`
	// PasswordFile holds the password; it is read at each connection.
	PasswordFile string `yaml:"passwordFile"`
	// PasswordEnv names the environment variable with the password.
	PasswordEnv string `yaml:"passwordEnv"`
	// TLS is used where present, even if empty.
	TLS *TLS `yaml:"tls"`
	// Prefix begins every key.
	Prefix string `yaml:"prefix"`
	// DB is the number of the database; not for a cluster.
	DB int `yaml:"db"`
}

// TLS is how a server is trusted, and how the proxy shows itself.
type TLS struct {
	// CAFile holds the PEM certificates to trust instead of the system's.
	CAFile string `yaml:"caFile"`
	// CertFile and KeyFile are the proxy's own certificate, for servers that ask for one.
	CertFile string `yaml:"certFile"`
	// KeyFile is the key of CertFile.
	KeyFile string `yaml:"keyFile"`
	// ServerName is expected in the server's certificate instead of the host that is dialled.
	ServerName string `yaml:"serverName"`
}

// Encryption seals records with AES-256-GCM.
type Encryption struct {
	// KeyFiles each hold 32 bytes in base64 or hex. The first one writes, all of them read: a new key is put in front.
	KeyFiles []string `yaml:"keyFiles"`
}

// Limits bound what a request may ask for.
type Limits struct {
	// Body is the largest request body.
	Body Size `yaml:"body"`
	// JSONDepth is how deep the JSON of a body may nest.
	JSONDepth int `yaml:"jsonDepth"`
	// Filter is the longest filter.
	Filter Size `yaml:"filter"`
	// Page is the largest page of a list.
	Page int `yaml:"page"`
	// Scan is how many resources a list may look at to find its answer.
	Scan int `yaml:"scan"`
	// Request is how long a request may take in all.
	Request Duration `yaml:"request"`
	// Bulk bounds bulk requests.
	Bulk Bulk `yaml:"bulk"`
}

// Bulk bounds bulk requests.
type Bulk struct {
	// Operations is how many operations a bulk request may have.
	Operations int `yaml:"operations"`
	// Payload is the largest bulk request.
	Payload Size `yaml:"payload"`
}

// Default is what holds where nothing is said.
func Default() Config {
	return Config{
		Listen:      ":8080",
		AdminListen: ":9090",
		Keycloak:    Keycloak{Timeout: Duration(20 * time.Second), MaxInFlight: 64},
		Limits: Limits{
			Body: 8 << 20, JSONDepth: 64, Filter: 16 << 10, Page: 1000, Scan: 100_000, Request: Duration(time.Minute),
			Bulk: Bulk{Operations: 1000, Payload: 4 << 20},
		},
	}
}

// DropInOnly is the configuration of `serve --keycloak URL`: drop-in for every realm, an embedded store at path.
func DropInOnly(keycloakURL, path string) Config {
	c := Default()
	c.Keycloak.URL = keycloakURL
	c.DropIn.Enabled = true
	c.Store.Embedded = &Embedded{Path: path}
	return c
}
