package embedded

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"
)

func newWriter(t *testing.T) *writer {
	t.Helper()
	db, err := bolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &writer{db: db}
}

func put(key string) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("b"))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), nil)
	}
}

func (w *writer) has(t *testing.T, key string) (found bool) {
	t.Helper()
	err := w.db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("b"))
		found = b != nil && b.Get([]byte(key)) != nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// group queues the writes while the writer is held, lets them go together, and returns their outcomes; a panic is one too.
func (w *writer) group(fns ...func(*bolt.Tx) error) []error {
	out := make([]error, len(fns))
	w.turn.Lock()
	var all sync.WaitGroup
	for i, fn := range fns {
		all.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					out[i] = fmt.Errorf("panic: %v", r)
				}
			}()
			out[i] = w.do(fn)
		})
	}
	w.awaitQueue(len(fns))
	w.turn.Unlock()
	all.Wait()
	return out
}

// transactions is how many have been committed: bbolt numbers them.
func (w *writer) transactions(t *testing.T) (n int) {
	t.Helper()
	err := w.db.View(func(tx *bolt.Tx) error {
		n = tx.ID()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWritesShareATransaction(t *testing.T) {
	w := newWriter(t)
	if err := w.do(put("alone")); err != nil {
		t.Fatal(err)
	}
	before := w.transactions(t)
	for i, err := range w.group(put("a"), put("b"), put("c"), put("d")) {
		if err != nil {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if n := w.transactions(t) - before; n != 1 {
		t.Errorf("four waiting writes took %d transactions, want 1", n)
	}
	for _, k := range []string{"alone", "a", "b", "c", "d"} {
		if !w.has(t, k) {
			t.Errorf("%s is not there", k)
		}
	}
}

func TestABrokenTransactionIsNobodysSuccess(t *testing.T) {
	broken := errors.New("disk full")
	for name, fault := range map[string]func(*bolt.Tx) error{
		"error": func(*bolt.Tx) error { return broken },
		"panic": func(*bolt.Tx) error { panic(broken) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWriter(t)
			for i, err := range w.group(put("a"), fault, put("b")) {
				if err == nil {
					t.Errorf("write %d was acknowledged", i)
				}
			}
			if w.has(t, "a") || w.has(t, "b") {
				t.Error("a write of the broken transaction is there")
			}
			if err := w.do(put("c")); err != nil || !w.has(t, "c") {
				t.Errorf("the writer did not recover: %v", err)
			}
		})
	}
}
