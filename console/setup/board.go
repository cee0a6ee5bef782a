package setup

import (
	"context"
	"sync"
	"time"

	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/proxy/invite"
)

const (
	// refresh is how old a progress may be that is shown: so the journal is read once a second at
	// most for all pages of a tenant.
	refresh = time.Second
	// readTime bounds one reading.
	readTime = 10 * time.Second
	// idle is how long a board is kept that no page asks for, and mostBoards how many there are.
	idle       = 10 * time.Minute
	mostBoards = 500
)

// boards are those of all tenants with open pages.
type boards struct {
	now func() time.Time

	mu  sync.Mutex
	all map[string]*board
}

// of returns the board of an invitation. If there are very many, one is made that is not shared.
func (b *boards) of(i invite.Invitation, watch func(invite.Invitation) Watch) *board {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	for id, old := range b.all {
		if now.Sub(old.asked) > idle {
			delete(b.all, id)
		}
	}
	key := i.Tenant + "/" + i.ID
	one, there := b.all[key]
	if !there {
		one = &board{clock: b.now, watch: watch(i), turn: make(chan struct{}, 1)}
		if b.all == nil {
			b.all = map[string]*board{}
		}
		if len(b.all) < mostBoards {
			b.all[key] = one
		}
	}
	one.asked = now
	return one
}

// board is the progress of one invitation, as it was read last.
type board struct {
	clock func() time.Time
	watch Watch
	asked time.Time     // under the lock of boards
	turn  chan struct{} // of the reader
	// read under turn.
	progress Progress
	err      error
	at       time.Time
}

// now returns a progress that is a second old at most.
func (b *board) now(ctx context.Context) (Progress, error) {
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return Progress{}, ctx.Err()
	}
	if b.at.IsZero() || b.clock().Sub(b.at) >= refresh {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTime)
		defer cancel()
		b.progress, b.err = b.watch(ctx)
		b.at = b.clock()
	}
	return b.progress, b.err
}

// follow shows the checklist whenever it changes.
func (b *board) follow(ctx context.Context, site *page.Site, show func(page.Parts, string)) error {
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		if now, err := b.now(ctx); err == nil { // otherwise what is shown stays
			html, err := site.Fragment("progress", now)
			if err != nil {
				return err
			}
			show(page.Parts{"progress": html}, now.note())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
