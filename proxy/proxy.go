package proxy

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
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
	"keycloak-scim-proxy/proxy/bulk"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/continuity"
	"keycloak-scim-proxy/proxy/declared"
	"keycloak-scim-proxy/proxy/golive"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/instrument"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/privilege"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/reach"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/listing"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/notices"
	"keycloak-scim-proxy/proxy/oauth"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/observe/connections"
	"keycloak-scim-proxy/proxy/observe/storesize"
	"keycloak-scim-proxy/proxy/observe/tracing"
	"keycloak-scim-proxy/proxy/passthrough"
	"keycloak-scim-proxy/proxy/policy/audit"
	"keycloak-scim-proxy/proxy/policy/limit"
	"keycloak-scim-proxy/proxy/policy/staged"
	"keycloak-scim-proxy/proxy/rendered"
	"keycloak-scim-proxy/proxy/revoked"
	"keycloak-scim-proxy/proxy/roster"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/site"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/proxy/storemark"
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
	if p.traces, err = tracing.Open(context.Background(), p.version, p.operator.Untraced); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	if p.audit, err = audit.Open(cfg.Audit, p.operator.Unaudited); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	p.sinks = []observe.Sink{ // a request is counted before its line is written
		p.metrics, observe.NewMisspelt(log), observe.NewLog(log),
	}
	p.meter = meter.New(int64(cfg.Limits.Memory))
	p.limits = limit.New(limit.Options{Shared: storage.Counter(engine), Alone: p.operator.Alone, Refused: observe.Limited, Now: p.clock})
	p.circuit = reach.New(reach.Options{Probe: transport.Probe(cfg.Keycloak, to), Changed: p.reached})
	p.client = keycloak.NewClient(cfg.Keycloak.URL, p.circuit.Watch(reach.Repeat(p.metrics.Timings.Transport(to), observe.Repeated)), cfg.Keycloak.Timeout.Std(), cfg.Keycloak.MaxInFlight)
	p.client.Differs, p.client.SignedOut = p.operator.Differs, observe.SignedOut
	p.realms = scopes.New(scopes.Options{
		Client: p.client, Engine: p.spaces, Longest: p.requestTimeout() + p.doubt(),
		Shared: cfg.Store.Redis != nil, Completed: p.operator.Completed, Now: p.clock,
	})
	p.tenants, p.asked = &tenants{trusted: transport.Networks(cfg.TrustedProxies), now: p.clock, log: log}, make(chan struct{}, 1)
	p.tenants.life = tokenlife.New(tokenlife.Options{Space: p.spaces.Open("tokens"), Keys: p.keys, Now: p.clock, Warn: p.operator.Expires, Failed: p.operator.UsesFail})
	if cfg.Store.Redis != nil {
		p.tenants.revoked = revoked.New(revoked.Options{Space: p.spaces.Open(revoked.SpaceName), Now: p.clock, Failed: p.operator.RevocationsUnread})
	}
	if p.tenants.Roster, err = roster.New(cfg.Tenants, p.tenant, p.clock); err == nil && cfg.TLS != nil {
		p.tls, err = transport.ServerTLS(*cfg.TLS, p.clock)
	}
	p.metrics.Follow(p.named())
	p.monitor = health.NewMonitor(p.watched(), p.clock, p.operator.Changed)
	p.registry.MustRegister(observe.Build(p.version), p.metrics.Tenants(p.states), p.metrics.Indexes(p.indexes), observe.Flights(p.client.Flights), observe.Circuit(p.circuit.Open), observe.Lost(p.audit.Lost), storesize.New(storage.Usage(engine), p.clock))
	if err == nil && cfg.DropIn.Passthrough != nil {
		p.pass, err = transport.Passthrough(cfg, to, p.metrics.Timings.Passthrough)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
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

// tenant makes a configured tenant.
func (p *Proxy) tenant(c config.Tenant) *tenant {
	t := &tenant{name: c.Tenant, scope: p.realms.Scope(c.Realm, c.Group, true), plan: p.plan()}
	if c.Group != "" { // of the tenant, because it remembers what its account may do, and its organization
		t.group = tenantgroup.New(c.Group, t.scope.Lock, p.doubt(), t.scope.Now)
		t.group.Organization, t.group.Found = c.Organization, p.operator.Shared(c.Tenant, c.Realm)
	}
	t.continuity = continuity.Of(c, t.scope.Lock, t.scope.Now)
	t.plan.dialect = adapters.For(c.IDP)
	t.plan.schemas = declared.Extend(t.plan.schemas, c.Extensions)
	t.plan.strict = c.Profile == "strict"
	t.plan.rate = limit.Rate(*cmp.Or(c.Rate, &p.cfg.Limits.Rate))
	t.plan.writing.MembersShown, t.plan.writing.SkipUnknownMembers = c.MembersShown, c.UnknownMembers == "skip"
	t.account = keycloak.NewAccountBy(transport.Proof(c.ServiceAccount), p.client, c.Realm, c.ServiceAccount.ClientID, t.scope.Now)
	if path, mode := c.ServiceAccount.Exposed(); path != "" {
		p.operator.Exposed(c.Tenant, path, fmt.Sprintf("%04o", mode))
	}
	if c.OAuth != nil {
		t.oauth = &oauth.Resource{URL: p.site.Tenant(c.Tenant), MetadataURL: p.site.Metadata(c.Tenant), Clients: c.OAuth.Clients, Verifier: t.scope.Verifier}
	}
	t.networks = transport.Networks(c.AllowedNetworks)
	t.rights = privilege.New(t.account, c.Group, t.scope.Now)
	if t.group != nil {
		pool := observe.Pool{Metrics: p.metrics, Log: p.log, Tenant: c.Tenant, Realm: c.Realm}
		t.group.Watch(func(is tenantgroup.Level, news bool) { pool.Changed(is.Free, is.All, string(is.State()), news) })
	}
	t.ended = func(err error) { p.monitor.Saw(c.Tenant, err) }
	t.gate = golive.New(golive.Tenant{Configured: c, Schemas: t.plan.schemas, Account: t.account, Profiles: t.scope.Profiles},
		staged.Options{Space: p.spaces.Open("live"), Now: t.scope.Now, Alarm: t.ended})
	t.mark = storemark.New(storemark.Options{
		Account: storemark.Of(t.account, t.group, t.scope.Directory(t.account, profile.Stock())), Stamp: p.stamp, Expect: p.cfg.Store.ExpectStamp, Now: t.scope.Now,
		Unmarkable: func(err error) {
			p.log.Info("the account cannot be marked in Keycloak: if the store is lost while the proxy does not run, that is not detected",
				zap.String("tenant", c.Tenant), zap.Error(err))
		},
	})
	return t
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
