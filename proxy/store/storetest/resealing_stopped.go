package storetest

import (
	"context"
	"sync"

	"keycloak-scim-proxy/proxy/store"
)

// countdown calls stop before the n-th operation.
type countdown struct {
	mu   sync.Mutex
	left int
	stop func()
}

func (c *countdown) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left == 0 {
		c.stop()
	}
}

// stopping is an engine whose spaces count their operations down.
type stopping struct {
	store.Engine
	*countdown
}

func (e stopping) Open(tenant string) store.Space {
	return stoppingSpace{e.Engine.Open(tenant), e.countdown}
}

type stoppingSpace struct {
	store.Space
	*countdown
}

func (s stoppingSpace) Load(ctx context.Context, ids ...string) (map[string]store.Record, error) {
	s.tick()
	return s.Space.Load(ctx, ids...)
}

func (s stoppingSpace) Save(ctx context.Context, id string, r store.Record) (uint64, error) {
	s.tick()
	return s.Space.Save(ctx, id, r)
}

func (s stoppingSpace) Rewrite(ctx context.Context, id string, r store.Record) error {
	s.tick()
	return s.Space.Rewrite(ctx, id, r)
}

func (s stoppingSpace) Scan(ctx context.Context, after string, n int) ([]string, error) {
	s.tick()
	return s.Space.Scan(ctx, after, n)
}

func (s stoppingSpace) Delete(ctx context.Context, ids ...string) error {
	s.tick()
	return s.Space.Delete(ctx, ids...)
}

func (s stoppingSpace) Page(ctx context.Context, after string, n int) ([]store.Entry, string, error) {
	s.tick()
	return s.Space.Page(ctx, after, n)
}
