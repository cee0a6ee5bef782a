package config

// Config is the main file.
type Config struct {
	// Listen is the address that the SCIM API is served on, host:port. Without a host: on every
	// address.
	Listen string `yaml:"listen"`
	// AdminListen is the address for health (/healthz, /readyz), metrics (/metrics) and canaries
	// (tenant canary), host:port. It must never be public: a container that is probed from outside
	// needs :9090 and a network policy. Empty: not served.
	AdminListen string `yaml:"adminListen"`
	// PublicURL is the scheme, host and optional path under which callers reach the proxy. It is
	// put before /scim/v2 in Location, meta.location and $ref. Absent: each request's own Host
	// header, with https if the proxy itself ends TLS, otherwise with http. That works without a
	// setting, but the caller chooses the header, and behind an ingress that ends TLS the scheme is
	// wrong. So set it in production.
	PublicURL string `yaml:"publicURL"`
	// TLS makes the proxy end TLS on listen. Absent: plain HTTP, for use behind an ingress or as a
	// sidecar.
	TLS *Certificate `yaml:"tls"`
	// TrustedProxies are the IP addresses and networks (CIDR) of the reverse proxies in front of
	// this one. The address of a client, for the log and for allowedNetworks of tenants, is then
	// the last one in X-Forwarded-For that is not a trusted proxy (docs/operations.md). Their
	// requests keep the headers that describe the caller (X-Forwarded-*, Forwarded, X-Real-IP,
	// client certificates) when dropIn.passthrough forwards them, and their address is appended to
	// X-Forwarded-For. From any other address these headers are not read, and are dropped. Absent:
	// none.
	TrustedProxies []string `yaml:"trustedProxies"`
	// Keycloak is the server behind the proxy.
	Keycloak Keycloak `yaml:"keycloak"`
	// DropIn serves /realms/{realm}/scim/v2 with the caller's own Keycloak token.
	DropIn DropIn `yaml:"dropIn"`
	// Store keeps what Keycloak does not. Required: exactly one of embedded and redis.
	Store Store `yaml:"store"`
	// TenantsDir is the directory with one file per tenant, *.yaml or *.yml. Other files, hidden
	// files and subdirectories are ignored. Its files may be added, changed and removed while the
	// proxy runs (docs/operations.md). Absent: no tenants.
	TenantsDir string `yaml:"tenantsDir"`
	// Limits bound a request.
	Limits Limits `yaml:"limits"`
	// Timeouts bound the time that a connection may take.
	Timeouts Timeouts `yaml:"timeouts"`
	// Log is how the proxy logs.
	Log Log `yaml:"log"`
	// Audit writes a line for each write of a caller to a log of its own (docs/operations.md).
	// Absent: none.
	Audit *Audit `yaml:"audit"`

	// Journal is the record of what writes did, in the store (docs/journal.md).
	Journal Journal `yaml:"journal"`
	// Guard holds changes that end the access of many users at once: for tenants without a guard of
	// their own, and for drop-in callers (docs/guard.md).
	Guard Guard `yaml:"guard"`
	// Events tells receivers about the changes that writes made (docs/events.md). Absent: no
	// receivers.
	Events *Events `yaml:"events"`
	// Drift looks for changes in Keycloak beside the proxy (docs/drift.md).
	Drift Drift `yaml:"drift"`
	// SetupLinks lets operators invite administrators of customers, who then set up provisioning by
	// themselves (docs/setup-link.md).
	SetupLinks SetupLinks `yaml:"setupLinks"`
	// Console serves pages for operators at /console on adminListen (docs/console.md).
	Console Console `yaml:"console"`

	// Tenants are read from TenantsDir.
	Tenants []Tenant `yaml:"-"`
}

// Certificate is the certificate that a server shows, and those that it asks for.
type Certificate struct {
	// CertFile holds the certificate and its chain in PEM. Required.
	CertFile string `yaml:"certFile"`
	// KeyFile holds the key of certFile in PEM. Required.
	KeyFile string `yaml:"keyFile"`
	// ClientCAFile holds the CA certificates in PEM of the clients that are served. Every client
	// must show a certificate of one of them, also for paths that dropIn.passthrough forwards.
	// Absent: no client is asked for a certificate.
	ClientCAFile string `yaml:"clientCAFile"`
}

// Keycloak is the server behind the proxy.
type Keycloak struct {
	// URL is the address of the server: scheme, host and optional path, without /realms. Issuer and
	// audience come from Keycloak's own discovery. Required.
	URL string `yaml:"url"`
	// Timeout is the maximum time of one call to Keycloak.
	Timeout Duration `yaml:"timeout"`
	// MaxInFlight is the maximum number of concurrent calls to Keycloak. Further calls wait, and
	// the callers (tenants, and subjects of drop-in tokens) take turns. One caller may have three
	// quarters of them.
	MaxInFlight int `yaml:"maxInFlight"`
	// CAFile is the file with the PEM certificates to trust instead of those of the system.
	CAFile string `yaml:"caFile"`
	// CertFile is the file with a certificate of the proxy's own in PEM, with its chain, which it
	// shows to a Keycloak that asks for one. It needs keyFile, and https in url.
	CertFile string `yaml:"certFile"`
	// KeyFile is the file with the key of certFile in PEM.
	KeyFile string `yaml:"keyFile"`
	// Proxy is the HTTP proxy for calls to Keycloak: a URL with http, https or socks5, or the word
	// environment for HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Absent: none, even if the environment
	// names one. A proxy that needs a password can be named only by the environment.
	Proxy string `yaml:"proxy"`
}

// DropIn is the drop-in mode.
type DropIn struct {
	// Enabled serves every realm whose SCIM API is enabled.
	Enabled bool `yaml:"enabled"`
	// Passthrough forwards all other paths to Keycloak, so that the proxy can be the only server
	// behind the ingress. It is used if present, even if empty: `passthrough: {}`. It needs
	// enabled. docs/operations.md lists the requests that are not forwarded. Absent: other paths
	// are 404.
	Passthrough *Passthrough `yaml:"passthrough"`
}

// Passthrough says which requests are forwarded to Keycloak besides SCIM.
type Passthrough struct {
	// Deny is the list of paths that are refused with 403, each with everything below it, in any
	// letter case: /admin includes /Admin/realms, but not /administrator. If present, it replaces
	// the default.
	Deny []string `yaml:"deny"`
	// Timeout is the maximum time of a forwarded request.
	Timeout Duration `yaml:"timeout"`
}

// Limits bound a request.
type Limits struct {
	// Body is the maximum size of a request body.
	Body Size `yaml:"body"`
	// JSONDepth is the maximum nesting of the JSON of a body.
	JSONDepth int `yaml:"jsonDepth"`
	// Filter is the maximum length of a filter.
	Filter Size `yaml:"filter"`
	// Page is the maximum number of resources on a page of a list.
	Page int `yaml:"page"`
	// Scan is the maximum number of resources that a list may read to find its answer.
	Scan int `yaml:"scan"`
	// Request is the maximum time of a request.
	Request Duration `yaml:"request"`
	// Kept is the maximum size of the attributes of one resource that are kept in the store. A
	// write that needs more is refused with 413.
	Kept Size `yaml:"kept"`
	// PageBytes is the maximum size of all resources on a page. A page that would exceed it has
	// fewer resources; itemsPerPage or nextCursor shows that.
	PageBytes Size `yaml:"pageBytes"`
	// Memory is the maximum memory that all running requests may use for large bodies, kept
	// attributes and pages. The first MiB of each request does not count, and the requests of one
	// caller (a tenant, or the subject of a drop-in token) may use a quarter of it. A request that
	// would need more is refused with 503 and Retry-After.
	Memory Size `yaml:"memory"`
	// Bulk bounds bulk requests.
	Bulk Bulk `yaml:"bulk"`
	// Rate limits the requests of each tenant without a rate of its own, and of each subject of
	// drop-in tokens. A request above it is refused with 429 and Retry-After.
	Rate Rate `yaml:"rate"`
}

// Bulk bounds bulk requests.
type Bulk struct {
	// Operations is the maximum number of operations in a bulk request.
	Operations int `yaml:"operations"`
	// Payload is the maximum size of a bulk request.
	Payload Size `yaml:"payload"`
}

// Timeouts bound the time that a connection may take.
type Timeouts struct {
	// ReadHeader is the maximum time until the header of a request has arrived.
	ReadHeader Duration `yaml:"readHeader"`
	// Read is the maximum time until a whole request has arrived.
	Read Duration `yaml:"read"`
	// Write is the maximum time from the end of the header to the end of the answer. Absent: 30s
	// more than limits.request and dropIn.passthrough.timeout.
	Write Duration `yaml:"write"`
	// Idle is how long an idle connection stays open.
	Idle Duration `yaml:"idle"`
	// Drain is how long the program accepts requests after SIGTERM, while /readyz is 503 so that a
	// load balancer sends no more. Absent: no longer. In Kubernetes, preStop does the same.
	Drain Duration `yaml:"drain"`
}

// Journal records what each write changed: who, when, what was there before, and the outcome.
type Journal struct {
	// Days is how many days entries are kept. 0: there is no journal, and nothing can be undone.
	Days int `yaml:"days"`
	// Most is how many entries are kept of each realm, or group of a realm; then the oldest are
	// deleted. An entry needs about 2 KiB of the store.
	Most int `yaml:"most"`
	// Values keeps the values of attributes, which are personal data. Without them nothing can be
	// undone, and only the names of changed attributes are known.
	Values bool `yaml:"values"`
}

// Drift is how often tenants are compared with what their providers wanted last.
type Drift struct {
	// Every is the time between two walks of all tenants, such as 24h. Each process walks. A walk
	// reads all users and groups. 0: none, only scim-proxy drift.
	Every Duration `yaml:"every"`
}

// SetupLinks are links by which customers set up provisioning.
type SetupLinks struct {
	// Enabled serves the pages of customers below /setup on listen, and makes `tenant invite` work.
	// It needs publicURL with https, or with http on a loopback address.
	Enabled bool `yaml:"enabled"`
}

// Audit is the log of writes.
type Audit struct {
	// File is the file that lines are appended to, or the word stdout or stderr. Required.
	File string `yaml:"file"`
	// Values also writes the values of attributes, which are personal data. Passwords are never
	// written.
	Values bool `yaml:"values"`
}

// Stream reports whether the lines are written to a stream of the process, not to a file.
func (a Audit) Stream() bool { return a.File == "stdout" || a.File == "stderr" }

// Log is how the proxy logs.
type Log struct {
	// Level is the lowest level that is logged: debug, info, warn or error.
	Level string `yaml:"level"`
	// Format is the format of the log: json, or console for people.
	Format string `yaml:"format"`
}
