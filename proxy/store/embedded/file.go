package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"keycloak-scim-proxy/proxy/store"
)

// ErrInUse means that another process has the file open.
var ErrInUse = errors.New("is in use by another process")

// file is a bbolt database that survives damage. bbolt trusts its pages: a damaged page makes it
// panic, in some cases with a lock held, and its memory map faults beyond the end of a file that
// was cut.
type file struct {
	path     string
	db       *bolt.DB
	raw      *os.File // bbolt's own
	pageSize int64
	lost     atomic.Pointer[error] // set when bbolt never releases a lock
}

// damage is an ErrUnreadable that names the file and says what to do.
type damage struct {
	path  string
	cause any
}

func (d *damage) Error() string {
	return fmt.Sprintf("%s is damaged: %v; restore it from a backup", d.path, d.cause)
}

func (*damage) Unwrap() error { return store.ErrUnreadable }

// openFile verifies the structure of the file and opens it, or creates it. If another process has
// it open, it waits.
func openFile(path string, wait time.Duration) (*file, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0:
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory, and must be a file", path)
	default:
		if err := verifyFile(path, wait); err != nil {
			return nil, err
		}
	}
	f := &file{path: path}
	if err := f.open(wait, false); err != nil {
		return nil, err
	}
	if !f.inPlace() {
		return nil, errors.Join(fmt.Errorf("%s was replaced while it was opened: start again", path), f.close())
	}
	return f, nil
}

// inPlace is false if a restore has put another file there while open waited for the lock.
func (f *file) inPlace() bool {
	opened, err1 := f.raw.Stat()
	now, err2 := os.Stat(f.path)
	return errors.Join(err1, err2) == nil && os.SameFile(opened, now)
}

// verifyFile opens the file for reading only. bbolt locks the file and reads only its first two
// pages then.
func verifyFile(path string, wait time.Duration) error {
	f := &file{path: path}
	if err := f.open(wait, true); err != nil {
		return err
	}
	info, err := f.raw.Stat()
	if err == nil {
		err = f.survive(func() error { return verify(f.raw, info.Size(), f.pageSize) })
	}
	if err != nil && !errors.Is(err, store.ErrUnreadable) {
		err = &damage{path, err}
	}
	return errors.Join(err, f.close())
}

func (f *file) open(wait time.Duration, readOnly bool) error {
	o := &bolt.Options{Timeout: max(wait, time.Millisecond), FreelistType: bolt.FreelistMapType, ReadOnly: readOnly}
	o.OpenFile = func(name string, flag int, mode os.FileMode) (opened *os.File, err error) {
		f.raw, err = os.OpenFile(name, flag, mode)
		return f.raw, err
	}
	err := f.survive(func() (err error) {
		f.db, err = bolt.Open(f.path, 0o600, o)
		return err
	})
	system := errors.As(err, new(*fs.PathError)) || errors.As(err, new(syscall.Errno))
	switch {
	case err == nil:
		f.pageSize = int64(f.db.Info().PageSize)
		return nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%s %w; several processes need the redis store: %w", f.path, ErrInUse, err)
	case errors.Is(err, store.ErrUnreadable):
		return errors.Join(err, f.raw.Close()) // this releases its lock
	case system:
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	return &damage{f.path, err}
}

// close waits for running transactions, except if they wait for a lock that bbolt never releases.
func (f *file) close() error {
	if f.lost.Load() != nil {
		return f.raw.Close()
	}
	return f.db.Close()
}

func (f *file) view(fn func(*bolt.Tx) error) error { return f.transaction(f.db.View, fn) }

func (f *file) update(fn func(*bolt.Tx) error) error { return f.transaction(f.db.Update, fn) }

// transaction runs fn in a transaction. If fn panics, or bbolt does before or after it, nothing is
// written and the error is a damage.
func (f *file) transaction(run func(func(*bolt.Tx) error) error, fn func(*bolt.Tx) error) error {
	if err := f.usable(); err != nil {
		return err
	}
	var tx *bolt.Tx
	err := f.survive(func() error {
		return run(func(t *bolt.Tx) error {
			tx = t
			return f.survive(func() error { return fn(t) })
		})
	})
	ended := err
	if tx != nil {
		// If a commit panics, bbolt rolls it back by reading the list of free pages again. If that
		// panics too, bbolt keeps its lock until a rollback that does not read. Rollback has no
		// effect on a transaction that has ended.
		ended = f.survive(tx.Rollback)
	}
	if errors.Is(ended, store.ErrUnreadable) {
		f.lost.Store(&ended)
	}
	return err
}

// usable refuses a file in which bbolt could not begin a transaction: it reads one of the first two
// pages with its locks held.
func (f *file) usable() error {
	if err := f.lost.Load(); err != nil {
		return *err
	}
	_, first := readMeta(f.raw, 0)
	if first {
		return nil
	}
	if _, second := readMeta(f.raw, f.pageSize); second {
		return nil
	}
	if _, err := f.raw.Stat(); err != nil {
		return err // closed
	}
	return &damage{f.path, "its first two pages are not valid"}
}

// survive turns a panic, or a fault of the memory map, into a damage.
func (f *file) survive(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &damage{f.path, r}
		}
	}()
	return do()
}
