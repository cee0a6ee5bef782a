package proxy

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/admission"
	"keycloak-scim-proxy/proxy/bearer"
	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/consoles"
	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/events"
	"keycloak-scim-proxy/proxy/guarding"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/instrument"
	"keycloak-scim-proxy/proxy/inviting"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/reach"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/notices"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/observe/connections"
	"keycloak-scim-proxy/proxy/observe/storesize"
	"keycloak-scim-proxy/proxy/observe/tracing"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/passthrough"
	"keycloak-scim-proxy/proxy/policy/audit"
	"keycloak-scim-proxy/proxy/policy/limit"
	"keycloak-scim-proxy/proxy/rendered"
	"keycloak-scim-proxy/proxy/revoked"
	"keycloak-scim-proxy/proxy/roster"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/site"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/tokenlife"
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
	audit       *audit.Trail        // nil: writes are not audited
	events      *events.Events      // nil: no receivers
	customers   *inviting.Customers // nil: none is invited
	started     time.Time
	entries     *journaling.Metrics
	traces      *tracing.Traces
	realms      *scopes.Realms
	tenants     *tenants
	guards      *guarding.Guards
	drifts      *drift.Schedule
	console     *consoles.Console
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

// Option is what the program tells the proxy besides its configuration.
type Option func(*Proxy)

// Version is the version of the program, for metrics.
func Version(v string) Option { return func(p *Proxy) { p.version = v } }

// Level is the level of the log, which the admin listener shows and changes.
func Level(l zap.AtomicLevel) Option { return func(p *Proxy) { p.level = &l } }

// over makes a proxy that sends its requests to Keycloak over a transport.
func over(to *http.Transport, cfg config.Config, log *zap.Logger, program ...Option) (*Proxy, error) {
	engine, err := storage.Open(context.Background(), cfg.Store, log)
	if err != nil {
		return nil, err
	}
	p := &Proxy{cfg: cfg, site: site.Site{PublicURL: cfg.PublicURL}, engine: engine, log: log, now: time.Now, newID: rand.Text, registry: prometheus.NewRegistry()}
	for _, apply := range program {
		apply(p)
	}
	p.metrics = observe.NewMetrics(p.registry, time.Now)
	p.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	p.spaces = instrument.Store(p.metrics.Timings, engine)
	p.connections = connections.New(log, p.registry)
	p.operator = notices.Operator{Log: log, Metrics: p.metrics}
	p.entries, p.started = &journaling.Metrics{Writer: &journal.Writer{Failed: p.operator.Unjournaled}}, time.Now()
	if p.traces, err = tracing.Open(context.Background(), p.version, p.operator.Untraced); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	if p.audit, err = audit.Open(cfg.Audit, p.operator.Unaudited); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	p.sinks = []observe.Sink{ // a request is counted before its line is written
		p.metrics, observe.NewMisspelt(log), journaling.Refusals{Of: p.journalOf}, observe.NewLog(log),
	}
	if p.events, err = events.New(cfg.Events, events.Options{Engine: p.spaces, Known: func() []*journal.Log { return p.realms.Journals() }, Issuer: cfg.PublicURL, Notices: p.operator.Events(), Metrics: p.registry, Now: p.clock}); err != nil {
		return nil, errors.Join(err, p.audit.Close(), engine.Close())
	}
	p.meter = meter.New(int64(cfg.Limits.Memory))
	p.limits = limit.New(limit.Options{Shared: storage.Counter(engine), Alone: p.operator.Alone, Refused: observe.Limited, Now: p.clock})
	p.circuit = reach.New(reach.Options{Probe: transport.Probe(cfg.Keycloak, to), Changed: p.reached})
	p.client = keycloak.NewClient(cfg.Keycloak.URL, p.circuit.Watch(reach.Repeat(p.metrics.Timings.Transport(to), observe.Repeated)), cfg.Keycloak.Timeout.Std(), cfg.Keycloak.MaxInFlight)
	p.client.Differs, p.client.SignedOut = p.operator.Differs, observe.SignedOut
	p.realms = scopes.New(scopes.Options{
		Client: p.client, Engine: p.spaces, Longest: p.requestTimeout() + p.doubt(),
		Shared: cfg.Store.Redis != nil, Completed: p.operator.Completed, Journal: journaling.Journals(cfg.Journal, p.events.Journal(journal.Options{Writer: p.entries.Writer, Now: p.clock, NewID: p.newID})), Now: p.clock,
	})
	p.openTenants()
	if p.customers, err = inviting.New(cfg.SetupLinks.Enabled, inviting.Options{
		PublicURL: cfg.PublicURL, Engine: p.spaces, Doubt: p.requestTimeout() + p.doubt() + grace, Trusted: p.tenants.Trusted, Tenant: p.gateOf, Operations: p.operations, Issued: func() *issued.Tokens { return p.tenants.Issued }, Log: observe.NewLog(log), NewID: func() string { return p.newID() }, Now: p.clock,
	}); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	p.guards = guarding.New(guarding.Options{Engine: p.spaces, Default: cfg.Guard, Operator: p.operator, Tenants: p.named, Now: p.clock})
	if p.tenants.Roster, err = roster.New(cfg.Tenants, p.tenant, p.clock); err == nil && cfg.TLS != nil {
		p.tls, err = transport.ServerTLS(*cfg.TLS, p.clock)
	}
	p.metrics.Follow(p.named())
	p.monitor = health.NewMonitor(p.watched(), p.clock, p.operator.Changed)
	p.drifts = &drift.Schedule{Every: cfg.Drift.Every.Std(), Tenants: p.tenants.Names, Place: p.Place, Held: p.operations().Held, Done: p.operator.Drifted}
	p.registry.MustRegister(p.entries, p.guards, p.drifts, observe.Build(p.version), p.metrics.Tenants(p.states), p.metrics.Indexes(p.indexes), observe.Flights(p.client.Flights), observe.Circuit(p.circuit.Open), observe.Lost(p.audit.Lost), storesize.New(storage.Usage(engine), p.clock))
	if err == nil {
		err = p.openBeside(to)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// openBeside opens what is served beside SCIM: the console, and other paths of Keycloak.
func (p *Proxy) openBeside(to *http.Transport) (err error) {
	if p.cfg.DropIn.Passthrough != nil {
		if p.pass, err = transport.Passthrough(p.cfg, to, p.metrics.Timings.Passthrough); err != nil {
			return err
		}
	}
	return p.openConsole(to)
}

// openTenants makes the authenticator of tenants, without any.
func (p *Proxy) openTenants() {
	cfg := p.cfg
	p.tenants, p.asked = &tenants{Tenants: &bearer.Tenants[*tenant]{Access: (*tenant).access, Trusted: transport.Networks(cfg.TrustedProxies), Clock: p.clock, Log: p.log}}, make(chan struct{}, 1)
	p.tenants.life = tokenlife.New(tokenlife.Options{Space: p.spaces.Open("tokens"), Keys: p.keys, Now: p.clock, Warn: p.operator.Expires, Failed: p.operator.UsesFail})
	p.tenants.StoreError, p.tenants.Issued = overlay.StoreError, issued.New(issued.Options{
		Space: p.spaces.Open(issued.SpaceName), Place: p.place, Taken: func(tenant, id string) bool { return p.tenants.Now().Names(tenant, id) },
		Journal: p.journalOf, Uses: p.tenants.life.Uses, Changed: p.tenants.life.Wake, Now: p.clock,
	})
	p.tenants.Used = func(tenant, key string) { p.tenants.life.Note(tokenlife.Name{Tenant: tenant, Key: key}) }
	if cfg.Store.Redis != nil {
		p.tenants.Revoked = revoked.New(revoked.Options{Space: p.spaces.Open(revoked.SpaceName), Now: p.clock, Failed: p.operator.RevocationsUnread})
	}
}

// clock tells the time by p.now, which tests replace.
func (p *Proxy) clock() time.Time { return p.now() }

// reached takes whether Keycloak is gone.
func (p *Proxy) reached(gone bool, cause error) {
	p.client.Suspend(gone)
	p.operator.Circuit(gone, cause)
}

// flush is how long the last outcomes of the journal and the last spans may take.
const flush = 5 * time.Second

// Close closes the audit log, the store and the traces. Run does that by itself.
func (p *Proxy) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), flush)
	defer cancel()
	return errors.Join(p.audit.Close(), p.entries.Writer.Flush(ctx), p.engine.Close(), p.traces.Close(ctx))
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
		realms: p.realms, guards: p.guards, plan: p.plan(),
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

func (p *Proxy) requestTimeout() time.Duration { return p.cfg.Limits.Request.Std() }

// doubt is how long a write may still take effect after its result was lost: the timeout of a call
// and a quarter of it.
func (p *Proxy) doubt() time.Duration { return p.cfg.Keycloak.Timeout.Std() * 5 / 4 }
