package embedded

import (
	"errors"
	"sync"

	bolt "go.etcd.io/bbolt"

	"keycloak-scim-proxy/proxy/store"
)

// writer groups commits: the write whose turn it is carries out all writes that are queued, in one
// transaction with one sync. Unlike in DB.Batch, a single write does not wait, and a refused write
// does not affect the others.
type writer struct {
	file  *file
	mu    sync.Mutex // guards queue
	queue []*call
	turn  sync.Mutex // held while a group is carried out
}

type call struct {
	fn   func(*bolt.Tx) error
	done bool
	err  error
}

// do runs fn once, and returns after its transaction is on disk.
func (w *writer) do(fn func(*bolt.Tx) error) error {
	c := &call{fn: fn}
	w.mu.Lock()
	w.queue = append(w.queue, c)
	w.mu.Unlock()

	w.turn.Lock()
	defer w.turn.Unlock()
	if c.done {
		return c.err
	}
	w.mu.Lock()
	group := w.queue
	w.queue = nil
	w.mu.Unlock()
	w.commit(group)
	return c.err
}

// commit carries out the group. If one of the calls touches a damaged page, each call gets a
// transaction of its own, so that it does not fail the others.
func (w *writer) commit(group []*call) {
	for _, c := range group {
		c.done = true
	}
	err := w.transaction(group)
	for i, c := range group {
		if c.err = err; len(group) > 1 && errors.Is(err, store.ErrUnreadable) {
			c.err = w.transaction(group[i : i+1])
		}
	}
}

func (w *writer) transaction(group []*call) error {
	return w.file.update(func(tx *bolt.Tx) error {
		for _, c := range group {
			if err := c.fn(tx); err != nil {
				return err
			}
		}
		return nil
	})
}
