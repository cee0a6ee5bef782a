package scim

import (
	"context"
	"sync/atomic"
)

// Doubt says that a change was sent for which no answer came, so that it may still take effect. It travels in the context of
// a write, because a layer that mends what such a change left behind has no error to tell of it.
type Doubt struct{ exists atomic.Bool }

type doubtKey struct{}

// WithDoubt gives a context a place for doubt.
func WithDoubt(ctx context.Context) (context.Context, *Doubt) {
	d := &Doubt{}
	return context.WithValue(ctx, doubtKey{}, d), d
}

// InDoubt notes that a change that was sent with the context got no answer.
func InDoubt(ctx context.Context) {
	if d, ok := ctx.Value(doubtKey{}).(*Doubt); ok {
		d.exists.Store(true)
	}
}

// Exists reports whether a change may still take effect.
func (d *Doubt) Exists() bool { return d.exists.Load() }
