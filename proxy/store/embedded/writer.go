package embedded

import (
	"errors"
	"sync"

	bolt "go.etcd.io/bbolt"
)

// errAbandoned is what is left of writes whose transaction was torn down by a panic.
var errAbandoned = errors.New("the transaction was abandoned")

// writer groups commits: whoever gets the turn carries out all that has queued up meanwhile, in one transaction with one sync. A
// lone write does not wait, as it would in DB.Batch, and a refused one costs the others nothing.
type writer struct {
	db    *bolt.DB
	mu    sync.Mutex // guards queue
	queue []*call
	turn  sync.Mutex // held while a group is carried out
}

type call struct {
	fn   func(*bolt.Tx) error
	done bool
	err  error
}

// do runs fn once, and returns after the transaction that it was in is on disk.
func (w *writer) do(fn func(*bolt.Tx) error) error {
	c := &call{fn: fn, err: errAbandoned}
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

func (w *writer) commit(group []*call) {
	for _, c := range group {
		c.done = true
	}
	err := w.db.Update(func(tx *bolt.Tx) error {
		for _, c := range group {
			if err := c.fn(tx); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range group {
		c.err = err
	}
}
