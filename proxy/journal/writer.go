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
	under  atomic.Int64 // saves that have not ended
	lost   atomic.Int64
}

// Lost is how many outcomes could not be saved, since the start.
func (w *Writer) Lost() int { return int(w.lost.Load()) }

// Waiting is how many outcomes are not saved yet.
func (w *Writer) Waiting() int { return int(w.under.Load()) }

func (w *Writer) put(save func(context.Context) error) {
	w.once.Do(func() { w.slots = make(chan struct{}, writers) })
	if w.under.Add(1) > queued {
		w.try(save)
		return
	}
	go func() {
		_ = pause.For(context.Background(), gather)
		w.slots <- struct{}{}
		defer func() { <-w.slots }()
		w.try(save)
	}()
}

func (w *Writer) try(save func(context.Context) error) {
	defer w.under.Add(-1)
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

// Flush waits until nothing waits to be saved, or the context ends.
func (w *Writer) Flush(ctx context.Context) error {
	for w.under.Load() > 0 {
		if err := pause.For(ctx, flushPoll); err != nil {
			return err
		}
	}
	return nil
}
