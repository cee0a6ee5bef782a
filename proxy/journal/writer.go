package journal

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"keycloak-scim-proxy/proxy/pause"
	"keycloak-scim-proxy/proxy/store"
)

// Bounds of a Writer.
const (
	queued     = 1024 // outcomes that wait
	writers    = 64
	saveTime   = 10 * time.Second // of one try
	endTime    = 2 * time.Second  // of the outcome of an action
	saveTries  = 3
	retryAfter = time.Second
	// gather is how long an outcome waits for others: an engine saves those that come at the same
	// time in one step.
	gather = 25 * time.Millisecond
)

// Writer saves outcomes of entries that no answer waits for. If too many wait, the next call saves
// its own. An entry whose outcome cannot be saved stays open, until a Resolver finds it.
type Writer struct {
	// Failed is called with the error of an outcome that could not be saved.
	Failed func(error)
	once   sync.Once
	slots  chan struct{}
	lost   atomic.Int64

	mu    sync.Mutex
	last  uint64              // the number of the newest save
	under map[uint64]struct{} // the numbers of saves that have not ended
}

// Lost is how many outcomes could not be saved, since the start.
func (w *Writer) Lost() int { return int(w.lost.Load()) }

// Waiting is how many outcomes are not saved yet.
func (w *Writer) Waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.under)
}

// begin numbers a save, and returns how many have not ended.
func (w *Writer) begin() (number uint64, waiting int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.under == nil {
		w.under = map[uint64]struct{}{}
	}
	w.last++
	w.under[w.last] = struct{}{}
	return w.last, len(w.under)
}

func (w *Writer) end(number uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.under, number)
}

// waits reports whether a save up to a number has not ended.
func (w *Writer) waits(number uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := range w.under {
		if n <= number {
			return true
		}
	}
	return false
}

func (w *Writer) put(save func(context.Context) error) {
	w.once.Do(func() { w.slots = make(chan struct{}, writers) })
	number, waiting := w.begin()
	if waiting > queued {
		w.try(number, save)
		return
	}
	go func() {
		_ = pause.For(context.Background(), gather)
		w.slots <- struct{}{}
		defer func() { <-w.slots }()
		w.try(number, save)
	}()
}

func (w *Writer) try(number uint64, save func(context.Context) error) {
	defer w.end(number)
	var err error
	for n := range saveTries {
		if n > 0 {
			_ = pause.For(context.Background(), retryAfter)
		}
		ctx, cancel := context.WithTimeout(context.Background(), saveTime)
		err = save(ctx)
		cancel()
		if err == nil || errors.Is(err, store.ErrConflict) { // a Resolver has ended it
			return
		}
	}
	w.lost.Add(1)
	if w.Failed != nil {
		w.Failed(err)
	}
}

// flushPoll is how often Flush looks.
const flushPoll = 2 * time.Millisecond

// Flush waits until everything that waits now is saved, or the context ends. It does not wait for
// what comes later, which would have no end while a tenant is busy.
func (w *Writer) Flush(ctx context.Context) error {
	w.mu.Lock()
	last := w.last
	w.mu.Unlock()
	for w.waits(last) {
		if err := pause.For(ctx, flushPoll); err != nil {
			return err
		}
	}
	return nil
}
