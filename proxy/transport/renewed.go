package transport

import (
	"os"
	"slices"
	"sync"
	"time"
)

// checkAge is how long the content of files is used before they are checked again, so that renewed
// certificates are used without a restart.
const checkAge = time.Minute

// renewed is a value that is made of files, and made again when they have changed. If it cannot be
// made again, the old one stays in use.
type renewed[T any] struct {
	read  func() (T, error)
	files []string
	now   func() time.Time

	mu      sync.Mutex
	value   T
	checked time.Time
	seen    []version // of the files that value is made of
}

// version tells the content of a file from an earlier one.
type version struct {
	changed time.Time
	size    int64
}

// renew returns a value that read makes of files. It fails if that fails now.
func renew[T any](now func() time.Time, read func() (T, error), files ...string) (*renewed[T], error) {
	r := &renewed[T]{read: read, files: files, now: now}
	return r, r.check()
}

func (r *renewed[T]) get() T {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now().Sub(r.checked) >= checkAge {
		_ = r.check() // if it fails, the old one stays in use
	}
	return r.value
}

// check makes the value again if a file has changed.
func (r *renewed[T]) check() error {
	r.checked = r.now()
	seen := make([]version, len(r.files))
	for i, f := range r.files {
		info, err := os.Stat(f)
		if err != nil {
			return err
		}
		seen[i] = version{info.ModTime(), info.Size()}
	}
	if slices.EqualFunc(seen, r.seen, func(a, b version) bool { return a.changed.Equal(b.changed) && a.size == b.size }) {
		return nil
	}
	value, err := r.read()
	if err == nil {
		r.value, r.seen = value, seen
	}
	return err
}
