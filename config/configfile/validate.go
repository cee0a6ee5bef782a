package configfile

import (
	"math"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/internal/strict"
	"keycloak-scim-proxy/config/internal/value"
)

// Idps reports whether a dialect exists. This package does not know the dialects.
type Idps func(name string) bool

// Validate checks a configuration that was not read from a file, except its Tenants. The error is
// Problems: everything that is wrong.
func Validate(c *config.Config) error {
	d := document{&strict.Document{}}
	if d.validate(c); len(d.Problems) > 0 {
		return d.Problems
	}
	return nil
}

func (d document) validate(c *config.Config) {
	d.check(
		rule{"listen", value.ListenAddress(c.Listen)},
		rule{"adminListen", optional(c.AdminListen, value.ListenAddress)},
		rule{"adminListen", unless(c.AdminListen != c.Listen || anyPort(c.Listen), "must differ from listen, because it must never be public")},
		rule{"publicURL", optional(c.PublicURL, value.PublicURL)},
		rule{"keycloak.url", value.KeycloakURL(c.Keycloak.URL)},
		rule{"keycloak.timeout", positive(c.Keycloak.Timeout)},
		rule{"keycloak.maxInFlight", positive(c.Keycloak.MaxInFlight)},
		rule{"keycloak.caFile", optional(c.Keycloak.CAFile, value.Readable)},
		rule{"keycloak.certFile", optional(c.Keycloak.CertFile, value.Readable)},
		rule{"keycloak.keyFile", optional(c.Keycloak.KeyFile, value.Readable)},
		rule{"keycloak", unless((c.Keycloak.CertFile == "") == (c.Keycloak.KeyFile == ""), "set both certFile and keyFile, or neither")},
		rule{"keycloak.certFile", unless(c.Keycloak.CertFile == "" || !strings.HasPrefix(c.Keycloak.URL, "http:"), "needs https in keycloak.url")},
		rule{"keycloak.proxy", optional(c.Keycloak.Proxy, value.OutboundProxy)},
		rule{"dropIn.passthrough", unless(c.DropIn.Passthrough == nil || c.DropIn.Enabled, "needs dropIn.enabled")},
		rule{"tenantsDir", optional(c.TenantsDir, value.Directory)},
		rule{"tenantsDir", unless(c.TenantsDir != "" || c.DropIn.Enabled || len(c.Tenants) > 0, "no way in is configured: set tenantsDir or dropIn.enabled")},
		rule{"log.level", oneOf(c.Log.Level, "debug", "info", "warn", "error")},
		rule{"log.format", oneOf(c.Log.Format, "json", "console")},
		rule{"journal.days", unless(c.Journal.Days >= 0 && c.Journal.Days <= 3650, "must be from 0 (no journal) to 3650")},
		rule{"journal.most", unless(c.Journal.Most >= 100, "must be at least 100")},
	)
	if t := c.TLS; t != nil {
		d.check(rule{"tls.certFile", value.RequiredFile(t.CertFile)}, rule{"tls.keyFile", value.RequiredFile(t.KeyFile)}, rule{"tls.clientCAFile", optional(t.ClientCAFile, value.Readable)})
	}
	if a := c.Audit; a != nil {
		d.check(
			rule{"audit.file", required(a.File)},
			rule{"audit.file", unless(a.File == "" || value.Directory(a.File) != "", "is a directory, but must be a file")},
		)
	}
	for i, n := range c.TrustedProxies {
		d.check(rule{element("trustedProxies", i), value.TrustedNetwork(n)})
	}
	if p := c.DropIn.Passthrough; p != nil {
		d.validatePassthrough(*p, c.Timeouts)
	}
	d.validateEvents(c)
	d.validateLimits(c.Limits)
	d.validateGuard(&c.Guard)
	d.validateConsole(c)
	d.validateTimeouts(c.Timeouts, c.Limits.Request)
	d.validateStore(c.Store)
	d.check(rule{"setupLinks.enabled", unless(!c.SetupLinks.Enabled || value.Confidential(c.PublicURL), "needs publicURL with https (or http on a loopback address), because a link is a secret")})
	d.check(rule{"drift.every", unless(c.Drift.Every == 0 || c.Drift.Every.Std() >= time.Hour, "must be 0, or at least 1h")})
}

func (d document) validatePassthrough(p config.Passthrough, t config.Timeouts) {
	d.check(
		rule{"dropIn.passthrough.timeout", positive(p.Timeout)},
		rule{"timeouts.write", unless(t.Write <= 0 || t.Write > p.Timeout, "must be more than dropIn.passthrough.timeout, because errors must still be answered")},
	)
	for i, path := range p.Deny {
		d.check(rule{element("dropIn.passthrough.deny", i), value.PlainPath(path)})
	}
}

func anyPort(address string) bool {
	_, port, ok := value.SplitAddress(address)
	return ok && port == 0
}

func (d document) validateLimits(l config.Limits) {
	d.check(
		rule{"limits.body", positive(l.Body)},
		rule{"limits.jsonDepth", unless(l.JSONDepth > 1, "must be more than 1")},
		rule{"limits.filter", positive(l.Filter)},
		rule{"limits.page", positive(l.Page)},
		rule{"limits.scan", positive(l.Scan)},
		rule{"limits.request", positive(l.Request)},
		rule{"limits.kept", unless(l.Kept >= 4<<10 && l.Kept <= 8<<20, "must be between 4KiB and 8MiB")},
		rule{"limits.pageBytes", unless(l.PageBytes >= l.Kept, "must be at least limits.kept")},
		rule{"limits.memory", unless(l.Memory >= 32*max(l.Body, l.Bulk.Payload) && l.Memory >= 16*l.PageBytes && l.Memory >= 1200*l.Kept,
			"must be at least 32 times limits.body and limits.bulk.payload, 16 times limits.pageBytes and 1,200 times limits.kept: one caller may hold a quarter")},
		rule{"limits.bulk.operations", positive(l.Bulk.Operations)},
		rule{"limits.bulk.payload", positive(l.Bulk.Payload)},
	)
	d.validateRate("limits.rate.", l.Rate)
}

func (d document) validateRate(at string, r config.Rate) {
	d.check(
		rule{at + "requestsPerSecond", unless(r.RequestsPerSecond > 0 && !math.IsInf(r.RequestsPerSecond, 0), "must be more than 0")},
		rule{at + "burst", positive(r.Burst)},
		rule{at + "concurrency", positive(r.Concurrency)},
	)
}

func (d document) validateTimeouts(t config.Timeouts, request config.Duration) {
	d.check(
		rule{"timeouts.readHeader", positive(t.ReadHeader)},
		rule{"timeouts.read", positive(t.Read)},
		rule{"timeouts.read", unless(t.Read <= 0 || t.Read >= t.ReadHeader, "must not be less than timeouts.readHeader")},
		rule{"timeouts.write", unless(t.Write >= 0, "must be more than 0")},
		rule{"timeouts.write", unless(t.Write <= 0 || t.Write > request, "must be more than limits.request, because errors must still be answered")},
		rule{"timeouts.idle", positive(t.Idle)},
		rule{"timeouts.drain", unless(t.Drain >= 0, "must not be negative")},
	)
}

func (d document) validateStore(s config.Store) {
	d.check(rule{"store", unless((s.Embedded != nil) != (s.Redis != nil), "set exactly one of embedded and redis")})
	if s.Embedded != nil {
		d.check(rule{"store.embedded.path", required(s.Embedded.Path)})
		d.check(rule{"store.embedded.path", unless(s.Embedded.Path == "" || value.Directory(s.Embedded.Path) != "", "is a directory, but must be a file")})
	}
	if s.Redis != nil {
		d.validateRedis(s.Redis)
	}
	if e := s.Encryption; e != nil {
		d.check(rule{"store.encryption.keyFiles", unless(len(e.KeyFiles) > 0, "is required")})
		for i, f := range e.KeyFiles {
			d.check(rule{element("store.encryption.keyFiles", i), value.RequiredFile(f)})
		}
	}
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
