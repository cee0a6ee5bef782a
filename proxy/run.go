package proxy

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/instrument"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/keycloak/reach"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/notices"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/observe/connections"
	"keycloak-scim-proxy/proxy/observe/storesize"
	"keycloak-scim-proxy/proxy/observe/tracing"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/policy/audit"
	"keycloak-scim-proxy/proxy/policy/limit"
	"keycloak-scim-proxy/proxy/revoked"
	"keycloak-scim-proxy/proxy/roster"
	"keycloak-scim-proxy/proxy/scopes"
	"keycloak-scim-proxy/proxy/site"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/tokenlife"
	"keycloak-scim-proxy/proxy/transport"
)

// grace is how long running requests may take after the context has ended.
const grace = 20 * time.Second

// Run serves until the context ends, and for timeouts.drain more, then lets running requests finish
// for up to 20 seconds. It calls ready with the address when the listeners are open.
func (p *Proxy) Run(ctx context.Context, ready func(addr net.Addr)) error {
	public, err := new(net.ListenConfig).Listen(ctx, "tcp", p.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	address := public.Addr()
	if p.tls != nil {
		public = tls.NewListener(public, p.tls)
	}
	servers := map[*http.Server]net.Listener{p.server(p.Handler()): public}
	if p.cfg.AdminListen != "" {
		admin, err := new(net.ListenConfig).Listen(ctx, "tcp", p.cfg.AdminListen)
		if err != nil {
			return errors.Join(fmt.Errorf("adminListen: %w", err), public.Close())
		}
		servers[p.server(p.adminHandler())] = admin
	}
	p.tenants.revoked.Read(ctx)
	g, ctx := errgroup.WithContext(p.drained(ctx))
	for s, l := range servers {
		g.Go(func() error {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		g.Go(func() error {
			<-ctx.Done()
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
			defer cancel()
			return s.Shutdown(stop)
		})
	}
	background := []func(context.Context){
		p.circuit.Run, p.monitor.Run, p.follow, p.tenants.life.Run, p.tenants.revoked.Run, p.connections.Run,
		func(ctx context.Context) { leaver.Keep(ctx, p.sweeps) },
	}
	for _, run := range background {
		g.Go(func() error {
			run(ctx)
			return nil
		})
	}
	g.Go(func() error {
		kept.Keep(ctx, p.clock, p.realms.Completions, p.realms.Added())
		return nil
	})
	ready(address)
	return errors.Join(g.Wait(), p.Close()) //nolint:contextcheck // the context has ended
}

// drained returns a context that ends timeouts.drain after another one. Meanwhile /readyz is 503.
func (p *Proxy) drained(ctx context.Context) context.Context {
	later, end := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		p.draining.Store(true)
		time.AfterFunc(p.cfg.Timeouts.Drain.Std(), func() {
			p.stopped.Store(true)
			end()
		})
	})
	return later
}

func (p *Proxy) server(h http.Handler) *http.Server {
	return transport.Server(p.cfg.Timeouts, p.longest(), h, p.connections.Logger())
}

// longest is the longest time until an answer begins.
func (p *Proxy) longest() time.Duration {
	if p.pass == nil {
		return p.requestTimeout()
	}
	return max(p.requestTimeout(), p.cfg.DropIn.Passthrough.Timeout.Std())
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
