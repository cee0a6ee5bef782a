package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/admission"
	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/reach"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/notices"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/observe/connections"
	"keycloak-scim-proxy/proxy/observe/tracing"
	"keycloak-scim-proxy/proxy/passthrough"
	"keycloak-scim-proxy/proxy/policy/audit"
	"keycloak-scim-proxy/proxy/policy/limit"
	"keycloak-scim-proxy/proxy/rendered"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/site"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/transport"
	"keycloak-scim-proxy/proxy/writing"
)

// Proxy is the whole program, without its command line.
type Proxy struct {
	cfg      config.Config
	version  string
	level    *zap.AtomicLevel // nil: it cannot be changed
	site     site.Site
	client   *keycloak.Client
	circuit  *reach.Circuit
	engine   *guard.Engine
	spaces   store.Engine // those of engine, measured
	log      *zap.Logger
	now      func() time.Time
	newID    func() string // makes the id of a request, for the log and the header X-Request-Id
	registry *prometheus.Registry
	sinks    []observe.Sink
	metrics  *observe.Metrics
	operator notices.Operator
	// connections has the errors of connections.
	connections *connections.Log
	monitor     *health.Monitor
	meter       *meter.Meter
	limits      *limit.Limiter
	audit       *audit.Trail // nil: writes are not audited
	traces      *tracing.Traces
	realms      *scopes.Realms
	tenants     *tenants
	asked       chan struct{}            // has a value after Reload
	draining    atomic.Bool              // no more requests should be sent
	stopped     atomic.Bool              // no more requests are accepted
	answers     atomic.Bool              // the next reload says also that nothing has changed
	pass        *passthrough.Passthrough // nil: other paths get 404
	tls         *tls.Config              // nil: plain HTTP
}

// New makes the proxy. It opens the store and sends no request to Keycloak: the first request for a
// realm reads the realm's user profile.
func New(cfg config.Config, log *zap.Logger, program ...Option) (*Proxy, error) {
	to, err := transport.New(cfg.Keycloak, time.Now)
	if err != nil {
		return nil, err
	}
	return over(to, cfg, log, program...)
}

// clock tells the time by p.now, which tests replace.
func (p *Proxy) clock() time.Time { return p.now() }

// reached takes whether Keycloak is gone.
func (p *Proxy) reached(gone bool, cause error) {
	p.client.Suspend(gone)
	p.operator.Circuit(gone, cause)
}

// flush is how long the export of the last spans may take.
const flush = 5 * time.Second

// Close closes the audit log, the store and the traces. Run does that by itself.
func (p *Proxy) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), flush)
	defer cancel()
	return errors.Join(p.audit.Close(), p.engine.Close(), p.traces.Close(ctx))
}

func (p *Proxy) stamp(ctx context.Context) (string, error) {
	stamp, _, err := p.engine.Stamp(ctx)
	return stamp, err
}

// AcceptStore accepts the store although Keycloak may name another one, as store.expectStamp does.
// It must be called before Run or Handler, and only if no data of the store is missing.
func (p *Proxy) AcceptStore(ctx context.Context) error {
	stamp, err := p.stamp(ctx)
	if err != nil {
		return err
	}
	for _, t := range p.tenants.each() {
		t.mark.Expect(stamp)
	}
	return nil
}

func (p *Proxy) dropIn() *dropIn {
	return &dropIn{
		admitter: admission.New(admission.Options{
			Keys: p.client.Keys, Issuer: p.client.Issuer, Accepted: p.spaces.Open("realms"), Now: p.clock,
			Permitted: func(ctx context.Context, name, token string) error {
				return keycloak.NewRealm(p.client, name, keycloak.Caller(token), profile.Stock()).Permitted(ctx)
			},
			Configured: p.configured,
		}),
		realms: p.realms, plan: p.plan(),
	}
}

// configured reports whether a realm has a tenant.
func (p *Proxy) configured(realm string) bool {
	return slices.ContainsFunc(p.tenants.Now().Configured, func(t config.Tenant) bool { return t.Realm == realm })
}

// readsInFlight is how many concurrent calls to Keycloak a list may make.
const readsInFlight = 8

func (p *Proxy) plan() plan {
	return plan{
		rendered:  &rendered.Documents{},
		metrics:   p.metrics,
		stopping:  p.stopped.Load,
		dialect:   adapters.For("generic"),
		schemas:   scim.CoreSchemas(),
		writing:   writing.Options{MembersShown: config.DefaultTenant().MembersShown, Doubt: p.doubt()},
		maxFilter: int(p.cfg.Limits.Filter),
		kept:      int(p.cfg.Limits.Kept),
		rate:      limit.Rate(p.cfg.Limits.Rate),
		audit:     audit.Options{Trail: p.audit, Now: p.clock, RequestID: observe.RequestID},
		bulk: bulk.Limits{
			Operations: p.cfg.Limits.Bulk.Operations, Payload: int64(p.cfg.Limits.Bulk.Payload),
			Body: int64(p.cfg.Limits.Body), Depth: p.cfg.Limits.JSONDepth,
		},
		listing: listing.Limits{Scan: p.cfg.Limits.Scan, Page: p.cfg.Limits.Page, Bytes: int(p.cfg.Limits.PageBytes), InFlight: readsInFlight},
	}
}

// Handler returns the handler of the public listener.
func (p *Proxy) Handler() http.Handler {
	door := p.door(p.tenants)
	if p.cfg.DropIn.Enabled {
		door.DropIn = entrance{p.dropIn(), p.site.Realms, p.limits}
	}
	if p.pass != nil {
		door.Elsewhere = p.pass.Serve
	}
	return p.recorded(door.Handler())
}

// door makes the HTTP side for tenants whose callers are authenticated by auth.
func (p *Proxy) door(auth authenticator) *scimhttp.Door {
	return &scimhttp.Door{
		Tenants: entrance{auth, p.site.Tenants, p.limits},
		Repair:  adapters.RepairURL,
		Limits:  scimhttp.Limits{Body: int64(p.cfg.Limits.Body), Depth: p.cfg.Limits.JSONDepth, Request: p.requestTimeout()},
		Report:  report, Metadata: scimhttp.Metadata{Path: p.site.MetadataPath("tenant"), Read: p.tenants.metadata},
	}
}

func (p *Proxy) requestTimeout() time.Duration { return p.cfg.Limits.Request.Std() }

// doubt is how long a write may still take effect after its result was lost: the timeout of a call
// and a quarter of it.
func (p *Proxy) doubt() time.Duration { return p.cfg.Keycloak.Timeout.Std() * 5 / 4 }

// behindProxy reports whether a request comes from a trusted reverse proxy, whose trace is
// continued.
func (p *Proxy) behindProxy(r *http.Request) bool {
	return p.tenants.trusted.Contains(clientip.Peer(r))
}

// recorded makes the record of a request, and its share of the memory.
func (p *Proxy) recorded(next http.Handler) http.Handler {
	e := observe.Entrance{Now: p.clock, NewID: func() string { return p.newID() }, Traces: p.traces, Trusted: p.behindProxy, Sinks: p.sinks}
	return e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, share := p.meter.With(r.Context())
		defer share.End()
		if client, _ := clientip.Of(r, p.tenants.trusted); client.IsValid() { // a canary comes from none
			observe.From(ctx).Note(func(s *observe.Summary) { s.Address = client.String() })
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	}))
}

func report(ctx context.Context, r scimhttp.Report) {
	observe.From(ctx).Note(func(s *observe.Summary) {
		s.Tenant, s.KeyID, s.Verb, s.Rules, s.Status, s.ScimType, s.Cause = r.Tenant, r.KeyID, r.Verb, r.Fired, r.Status, r.ScimType, r.Cause
		s.Skipped = r.Skipped
	})
}
