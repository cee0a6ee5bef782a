package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// These are the outcomes that callers tell apart. Everything an engine returns is one of them, or the error of a context that had
// ended before the operation began.
var (
	// ErrConflict says that somebody saved or deleted the record since it was loaded. Load and decide again.
	ErrConflict = errors.New("store: conflict")
	// ErrLocked says that the context ended before the lock became free; the context's error is wrapped beside it.
	ErrLocked = errors.New("store: locked")
	// ErrUnavailable says that the store did not do it, or that its answer was lost: a write may still have happened. When the
	// caller's context ended meanwhile, its error is wrapped beside it.
	ErrUnavailable = errors.New("store: unavailable")
	// ErrTooLarge says that an id, a term or a body exceeds the limits of this package. Trying again does not help.
	ErrTooLarge = errors.New("store: too large")
	// ErrInvalid says that the call makes no sense, such as an empty id. It is a mistake in the program.
	ErrInvalid = errors.New("store: invalid")
	// ErrUnreadable says that a record is there but cannot be read: its key is missing, or it was damaged or moved.
	ErrUnreadable = errors.New("store: unreadable")
	// ErrKeys says that the store was sealed with a key that this process does not have. It lasts until the process ends: trying
	// again does not help. Only spaces of Guard return it.
	ErrKeys = errors.New("store: wrong keys")
	// ErrLost says that the store came back empty, or is another one than before, or than is expected. It lasts until the right store
	// is back, or the process is restarted. Only spaces of Guard return it.
	ErrLost = errors.New("store: lost")
)

// failure keeps its cause for the log only.
type failure struct {
	op           string
	cause, ended error
}

func (f *failure) Error() string { return fmt.Sprintf("%v: %s: %v", ErrUnavailable, f.op, f.cause) }

func (f *failure) Unwrap() []error {
	if f.ended == nil {
		return []error{ErrUnavailable}
	}
	return []error{ErrUnavailable, f.ended}
}

// Unavailable is how an engine reports what went wrong underneath: as ErrUnavailable, with the error of the caller's context if that
// has ended. The cause is printed and not unwrapped, because a deadline in it may be the driver's own (a dial time-out is a
// context.DeadlineExceeded too), and would pass for the caller's.
func Unavailable(ctx context.Context, op string, cause error) error {
	return &failure{op: op, cause: cause, ended: ended(ctx)}
}

// Locked is how an engine reports that the context ended while it waited for a lock.
func Locked(ctx context.Context) error { return fmt.Errorf("%w: %w", ErrLocked, ended(ctx)) }

// ended is ctx.Err(), also when a socket deadline that was set from the context has fired just before the context's own timer.
func ended(ctx context.Context) error {
	if d, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(d) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}
