// Package counting counts the users and groups of tenants beside the pages that show them.
package counting

import (
	"context"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/scim"
)

const (
	// countAge is how old a count may be, countTime how long one may take, countsAtOnce how many
	// tenants are counted at the same time.
	countAge     = time.Minute
	countTime    = 20 * time.Second
	countsAtOnce = 2
)

// Counts has how many users and groups tenants have. Pages do not wait for a count: they show the
// last one, and the next one is made beside them.
type Counts struct {
	place operating.Places
	now   func() time.Time
	turns chan struct{}
	known sync.Map // of count, by tenant
}

type count struct {
	users, groups int
	at            time.Time
	running       bool
}

// New makes a Counts that knows none.
func New(place operating.Places, now func() time.Time) *Counts {
	return &Counts{place: place, now: now, turns: make(chan struct{}, countsAtOnce)}
}

// Of returns the last counts of a tenant, -1 if they are not known.
func (c *Counts) Of(tenant string) (users, groups int) {
	last := count{users: -1, groups: -1}
	if v, ok := c.known.Load(tenant); ok {
		last, _ = v.(count)
	}
	if !last.running && c.now().Sub(last.at) >= countAge {
		busy := last
		busy.running = true
		if c.swap(tenant, last, busy) {
			go c.count(tenant, busy)
		}
	}
	return last.users, last.groups
}

func (c *Counts) swap(tenant string, from, to count) bool {
	if from.at.IsZero() && !from.running {
		_, there := c.known.LoadOrStore(tenant, to)
		return !there
	}
	return c.known.CompareAndSwap(tenant, from, to)
}

func (c *Counts) count(tenant string, was count) {
	c.turns <- struct{}{}
	defer func() { <-c.turns }()
	ctx, cancel := context.WithTimeout(context.Background(), countTime)
	defer cancel()
	now := count{users: was.users, groups: was.groups}
	defer func() {
		_ = recover() // no request waits for it, so that a panic would end the process
		now.at = c.now()
		c.known.Store(tenant, now)
	}()
	if place, err := c.place(ctx, tenant, ""); err == nil {
		now.users, now.groups = total(ctx, place.Directory, scim.User), total(ctx, place.Directory, scim.Group)
	}
}

// total returns how many resources of a type there are, -1 if that is not known.
func total(ctx context.Context, d directory.Directory, t scim.ResourceType) int {
	page, err := d.List(ctx, directory.Query{Type: t, Start: 1, Fields: directory.Fields{Only: []string{"id"}}})
	if err != nil || page.Uncounted {
		return -1
	}
	return page.Total
}
