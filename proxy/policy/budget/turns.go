package budget

import (
	"context"
	"hash/maphash"
)

// Turns lets the decisions about one tenant follow one another in this process, so that the many
// calls of a bulk request do not conflict in the store. Tenants share one of 64 turns. The zero
// value is not usable.
type Turns struct {
	seed  maphash.Seed
	turns [64]chan struct{}
}

// NewTurns returns turns that are all free.
func NewTurns() *Turns {
	t := &Turns{seed: maphash.MakeSeed()}
	for i := range t.turns {
		t.turns[i] = make(chan struct{}, 1)
	}
	return t
}

// wait waits for the turn of a tenant, which lasts until end is called.
func (t *Turns) wait(ctx context.Context, tenant string) (end func(), err error) {
	turn := t.turns[maphash.String(t.seed, tenant)%uint64(len(t.turns))]
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
