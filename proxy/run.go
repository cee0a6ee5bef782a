package proxy

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/listeners"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/overlay/kept"
	"keycloak-scim-proxy/proxy/scimhttp"
	"keycloak-scim-proxy/proxy/transport"
)

// grace is how long running requests may take after the context has ended.
const grace = 20 * time.Second

// Run serves until the context ends, and for timeouts.drain more, then lets running requests finish
// for up to 20 seconds. It calls ready with the address when the listeners are open.
func (p *Proxy) Run(ctx context.Context, ready func(addr net.Addr)) error {
	servers := listeners.Servers{}
	address, err := servers.Open(ctx, "listen", p.cfg.Listen, p.tls, p.server(p.Handler()))
	if err == nil && p.cfg.AdminListen != "" {
		_, err = servers.Open(ctx, "adminListen", p.cfg.AdminListen, nil, p.server(p.adminHandler())) //nolint:contextcheck // requests have their own
	}
	if err != nil {
		return err
	}
	commands, err := control.Open(ctx, p.cfg.Store, p.Operations())
	if err != nil {
		return errors.Join(err, servers.Close())
	}
	p.tenants.Revoked.Read(ctx)
	ready(address)
	err = servers.Run(listeners.Drained(ctx, p.cfg.Timeouts.Drain.Std(), &p.draining, &p.stopped), grace, commands.Run,
		p.circuit.Run, p.monitor.Run, p.follow, p.tenants.life.Run, p.guards.Run, p.tenants.Revoked.Run, p.tenants.Issued.Run, p.connections.Run, p.events.Run, p.drifts.Run, p.console.Run, p.customers.Run,
		func(ctx context.Context) { leaver.Keep(ctx, p.sweeps) },
		func(ctx context.Context) { journaling.Keep(ctx, p.entries, p.journals) },
		func(ctx context.Context) { kept.Keep(ctx, p.clock, p.realms.Completions, p.realms.Added()) })
	return errors.Join(err, p.Close()) //nolint:contextcheck // the context has ended
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

// Handler returns the handler of the public listener.
func (p *Proxy) Handler() http.Handler {
	door := p.door(p.tenants)
	if p.cfg.DropIn.Enabled {
		door.DropIn = entrance{p.dropIn(), p.site.Realms, p.limits}
	}
	if p.pass != nil {
		door.Elsewhere = p.pass.Serve
	}
	return p.customers.Before(p.events.Handler(p.recorded(door.Handler())))
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

// behindProxy reports whether a request comes from a trusted reverse proxy, whose trace is
// continued.
func (p *Proxy) behindProxy(r *http.Request) bool {
	return p.tenants.Trusted.Contains(clientip.Peer(r))
}

// recorded makes the record of a request, and its share of the memory.
func (p *Proxy) recorded(next http.Handler) http.Handler {
	e := observe.Entrance{Now: p.clock, NewID: func() string { return p.newID() }, Traces: p.traces, Trusted: p.behindProxy, Sinks: p.sinks}
	return e.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, share := p.meter.With(r.Context())
		defer share.End()
		if client, _ := clientip.Of(r, p.tenants.Trusted); client.IsValid() { // a canary comes from none
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
