package embedded

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"keycloak-scim-proxy/proxy/store"
)

func newFile(t *testing.T) *file {
	t.Helper()
	f, err := openFile(filepath.Join(t.TempDir(), "db"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.close() })
	return f
}

// A commit that panics leaves bbolt's lock held if its rollback panics too.
func TestACommitThatPanicsHoldsNobodyUp(t *testing.T) {
	f := newFile(t)
	commit := func(fn func(*bolt.Tx) error) error {
		tx, err := f.db.Begin(true)
		if err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		panic("invalid freelist page")
	}
	if err := f.transaction(commit, put("a")); !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("the commit: %v", err)
	}
	if err := f.update(put("b")); err != nil {
		t.Errorf("the next one: %v", err)
	}
	w := &writer{file: f}
	if w.has(t, "a") || !w.has(t, "b") {
		t.Error("what was not committed is there, or what was is not")
	}
}

// A transaction that panics before it has begun leaves bbolt's locks held.
func TestABeginThatPanicsEndsTheFile(t *testing.T) {
	f := newFile(t)
	begin := func(func(*bolt.Tx) error) error {
		if _, err := f.db.Begin(true); err != nil {
			return err
		}
		panic("invalid meta pages")
	}
	nothing := func(*bolt.Tx) error { return nil }
	if err := f.transaction(begin, nothing); !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("the begin: %v", err)
	}
	if err := f.update(nothing); !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("a write after it: %v", err)
	}
	if err := f.view(nothing); !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("a read after it: %v", err)
	}
	if err := f.close(); err != nil {
		t.Errorf("close: %v", err)
	}
}
