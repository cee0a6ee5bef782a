package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/overlay/kept"
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
