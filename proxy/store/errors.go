package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// These are the outcomes that callers tell apart. Every error of an engine is one of them, or the
// error of a context that had ended before the operation began.
var (
	// ErrConflict means that another writer saved or deleted the record after it was loaded. Load
	// it again and decide anew.
	ErrConflict = errors.New("store: conflict")
	// ErrLocked means that the context ended before the lock became free. The context's error is
	// wrapped too.
	ErrLocked = errors.New("store: locked")
	// ErrUnavailable means that the store did not do it, or that its answer was lost: a write may
	// still have happened. If the caller's context ended meanwhile, its error is wrapped too.
	ErrUnavailable = errors.New("store: unavailable")
	// ErrTooLarge means that an id, a term or a body exceeds the limits of this package. A retry
	// does not help.
	ErrTooLarge = errors.New("store: too large")
	// ErrInvalid means that the arguments are wrong, such as an empty id. It is a programming
	// error.
	ErrInvalid = errors.New("store: invalid")
	// ErrUnreadable means that a record exists but cannot be read: its key is missing, or it was
	// damaged or moved.
	ErrUnreadable = errors.New("store: unreadable")
	// ErrKeys means that the store was sealed with a key that this process does not have. It lasts
	// until the process ends; a retry does not help. Only package guard returns it.
	ErrKeys = errors.New("store: wrong keys")
	// ErrLost means that the store came back empty, or is not the one that was used before or that
	// is expected. It lasts until the right store is back or the process is restarted. Only package
	// guard returns it.
	ErrLost = errors.New("store: lost")
	// ErrSchema means that a later release has changed the form of the records, so that this one
	// would misread them. Only package guard returns it.
	ErrSchema = errors.New("store: made by a later release")
)

// failure is an error whose cause is for the log only.
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

// Unavailable is how an engine reports an error of the database below it. The result is
// ErrUnavailable, and wraps the error of the caller's context if that has ended. The cause is
// printed but not wrapped: a deadline in it may be the driver's own (a dial time-out is a
// context.DeadlineExceeded too), and would be taken for the caller's.
func Unavailable(ctx context.Context, op string, cause error) error {
	return &failure{op: op, cause: cause, ended: ended(ctx)}
}

// Locked is how an engine reports that the context ended during the wait for a lock.
func Locked(ctx context.Context) error { return fmt.Errorf("%w: %w", ErrLocked, ended(ctx)) }

// ended returns ctx.Err(). It also returns context.DeadlineExceeded if a socket deadline that was
// set from the context has fired just before the context's own timer.
func ended(ctx context.Context) error {
	if d, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(d) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}
