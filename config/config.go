package config

// Config is the main file.
type Config struct {
	// Listen is the address that the SCIM API is served on, host:port. Without a host: on every address.
	Listen string `yaml:"listen"`
	// AdminListen is the address for health (/healthz, /readyz) and metrics (/metrics), host:port.
	// It must never be public: a container that is probed from outside needs :9090 and a network
	// policy. Empty: not served.
	AdminListen string `yaml:"adminListen"`
	// PublicURL is the scheme, host and optional path under which callers reach the proxy; it stands before /scim/v2 in Location, meta.location and $ref. Absent: each request's own Host header, and http unless the proxy itself ends TLS. That needs no setting, but a caller chooses the header, and behind an ingress that ends TLS the scheme is wrong: name it in production.
	PublicURL string `yaml:"publicURL"`
	// TLS makes the proxy itself end TLS on listen. Absent: plain HTTP, for an ingress or a sidecar.
	TLS *Certificate `yaml:"tls"`
	// TrustedProxies are the IP addresses and networks (CIDR) of the reverse proxies before this
	// one. dropIn.passthrough passes on the headers in which they describe the caller
	// (X-Forwarded-*, Forwarded, X-Real-IP, client certificates) and appends their address to
	// X-Forwarded-For. From any other address these headers are dropped. Absent: none.
	TrustedProxies []string `yaml:"trustedProxies"`
	// Keycloak is the server behind the proxy.
	Keycloak Keycloak `yaml:"keycloak"`
	// DropIn serves /realms/{realm}/scim/v2 with the caller's own Keycloak token.
	DropIn DropIn `yaml:"dropIn"`
	// Store keeps what Keycloak does not. Required: exactly one of embedded and redis.
	Store Store `yaml:"store"`
	// TenantsDir is the directory with one file per tenant, *.yaml or *.yml; other files, hidden ones and directories below it are left alone. Absent: no tenants.
	TenantsDir string `yaml:"tenantsDir"`
	// Limits bound what a request may ask for.
	Limits Limits `yaml:"limits"`
	// Timeouts bound how long a connection to the proxy may keep it waiting.
	Timeouts Timeouts `yaml:"timeouts"`
	// Log is how the proxy logs.
	Log Log `yaml:"log"`

	// Tenants are read from TenantsDir.
	Tenants []Tenant `yaml:"-"`
}

// Certificate is what a server shows to prove who it is.
type Certificate struct {
	// CertFile holds the certificate and its chain in PEM. Required.
	CertFile string `yaml:"certFile"`
	// KeyFile holds the key of certFile in PEM. Required.
	KeyFile string `yaml:"keyFile"`
}

// Keycloak is the server behind the proxy.
type Keycloak struct {
	// URL is what is dialled: scheme, host and optional path, without /realms. Issuer and audience come from Keycloak's own discovery. Required.
	URL string `yaml:"url"`
	// Timeout is how long one call to Keycloak may take.
	Timeout Duration `yaml:"timeout"`
	// MaxInFlight is how many calls to Keycloak may run at the same time; further ones wait.
	MaxInFlight int `yaml:"maxInFlight"`
	// CAFile holds the PEM certificates to trust instead of the system's.
	CAFile string `yaml:"caFile"`
	// Proxy is the HTTP proxy for calls to Keycloak: a URL with http, https or socks5, or
	// environment for HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Absent: none, whatever the environment
	// says. A proxy that asks for a password can only be named by the environment.
	Proxy string `yaml:"proxy"`
}

// DropIn is the drop-in mode.
type DropIn struct {
	// Enabled serves every realm whose SCIM API is enabled.
	Enabled bool `yaml:"enabled"`
	// Passthrough hands other paths to Keycloak, so that the proxy can stand at the ingress. It is
	// used if present, even if empty: `passthrough: {}`. It needs enabled. docs/operations.md lists
	// what is not passed. Absent: other paths are 404.
	Passthrough *Passthrough `yaml:"passthrough"`
}

// Passthrough is what reaches Keycloak besides SCIM.
type Passthrough struct {
	// Deny lists paths that are refused with 403, each with everything below it, whatever the
	// letter case: /admin is also /Admin/realms, but not /administrator. A list that is given
	// replaces the default.
	Deny []string `yaml:"deny"`
	// Timeout is how long a request may take in all.
	Timeout Duration `yaml:"timeout"`
}

// Limits bound what a request may ask for.
type Limits struct {
	// Body is the largest request body.
	Body Size `yaml:"body"`
	// JSONDepth is how many levels the JSON of a body may nest.
	JSONDepth int `yaml:"jsonDepth"`
	// Filter is the longest filter.
	Filter Size `yaml:"filter"`
	// Page is how many resources a page of a list has at most.
	Page int `yaml:"page"`
	// Scan is how many resources a list may look at to find its answer.
	Scan int `yaml:"scan"`
	// Request is how long a request may take in all.
	Request Duration `yaml:"request"`
	// Kept is how many bytes may be kept of one resource beside Keycloak. A write that needs more is refused with 413.
	Kept Size `yaml:"kept"`
	// PageBytes is how many bytes the resources of a page may have in all. A page that would have more has fewer resources, and itemsPerPage or nextCursor says so.
	PageBytes Size `yaml:"pageBytes"`
	// Memory is how many bytes all requests under way may hold for large bodies, kept attributes and pages. The first MiB of each request is not counted, and the requests of one caller (a tenant, or the subject of a drop-in token) may hold a quarter of it. A request that would need more is refused with 503 and Retry-After.
	Memory Size `yaml:"memory"`
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

// Timeouts bound how long a connection to the proxy may keep it waiting.
type Timeouts struct {
	// ReadHeader is how long the header of a request may take to arrive.
	ReadHeader Duration `yaml:"readHeader"`
	// Read is how long a whole request may take to arrive.
	Read Duration `yaml:"read"`
	// Write is how long from the end of the header to the end of the answer. Absent: 30s more than
	// limits.request and dropIn.passthrough.timeout.
	Write Duration `yaml:"write"`
	// Idle is how long a connection is kept between two requests.
	Idle Duration `yaml:"idle"`
}

// Log is how the proxy logs.
type Log struct {
	// Level is the least that is logged: debug, info, warn or error.
	Level string `yaml:"level"`
	// Format is the form of a line: json, or console for people.
	Format string `yaml:"format"`
}
