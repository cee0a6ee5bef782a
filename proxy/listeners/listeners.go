// Package listeners runs HTTP servers, and what works beside them, until a context ends.
package listeners

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Servers are HTTP servers with their open listeners.
type Servers map[*http.Server]net.Listener

// Open opens the listener of a server; key is the key of the configuration that has the address.
func (s Servers) Open(ctx context.Context, key, address string, t *tls.Config, server *http.Server) (net.Addr, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", key, err), s.Close())
	}
	at := l.Addr()
	if t != nil {
		l = tls.NewListener(l, t)
	}
	s[server] = l
	return at, nil
}

// Close closes all listeners.
func (s Servers) Close() (err error) {
	for _, l := range s {
		err = errors.Join(err, l.Close())
	}
	return err
}

// Run serves, and runs the background, until the context ends. Then requests that run may take
// until grace has passed.
func (s Servers) Run(ctx context.Context, grace time.Duration, background ...func(context.Context)) error {
	g, ctx := errgroup.WithContext(ctx)
	for server, l := range s {
		g.Go(func() error {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		g.Go(func() error {
			<-ctx.Done()
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
			defer cancel()
			return server.Shutdown(stop)
		})
	}
	for _, run := range background {
		g.Go(func() error {
			run(ctx)
			return nil
		})
	}
	return g.Wait()
}

// Drained returns a context that ends some time after another one. draining is true from the end of
// the first, stopped from its own end.
func Drained(ctx context.Context, span time.Duration, draining, stopped *atomic.Bool) context.Context {
	later, end := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() {
		draining.Store(true)
		time.AfterFunc(span, func() {
			stopped.Store(true)
			end()
		})
	})
	return later
}
