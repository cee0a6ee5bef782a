package embedded

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"keycloak-scim-proxy/proxy/store"
)

func newWriter(t *testing.T) *writer {
	t.Helper()
	f, err := openFile(filepath.Join(t.TempDir(), "db"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.close() })
	return &writer{file: f}
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
	err := w.file.view(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("b"))
		found = b != nil && b.Get([]byte(key)) != nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// group queues the writes while the writer is held, releases it, and returns their errors.
func (w *writer) group(fns ...func(*bolt.Tx) error) []error {
	out := make([]error, len(fns))
	w.turn.Lock()
	var all sync.WaitGroup
	for i, fn := range fns {
		all.Go(func() { out[i] = w.do(fn) })
	}
	w.awaitQueue(len(fns))
	w.turn.Unlock()
	all.Wait()
	return out
}

// transactions returns how many have been committed: bbolt numbers them.
func (w *writer) transactions(t *testing.T) (n int) {
	t.Helper()
	err := w.file.view(func(tx *bolt.Tx) error {
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
	w := newWriter(t)
	for i, err := range w.group(put("a"), func(*bolt.Tx) error { return errors.New("disk full") }, put("b")) {
		if err == nil || errors.Is(err, store.ErrUnreadable) {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if w.has(t, "a") || w.has(t, "b") {
		t.Error("a write of the broken transaction is there")
	}
	if err := w.do(put("c")); err != nil || !w.has(t, "c") {
		t.Errorf("the writer did not recover: %v", err)
	}
}

// One write panics after it has changed something, as on a damaged page.
func TestDamageStaysWithItsWrite(t *testing.T) {
	w := newWriter(t)
	panics := func(tx *bolt.Tx) error {
		if err := put("half")(tx); err != nil {
			return err
		}
		panic("page 7 already freed")
	}
	for i, err := range w.group(put("a"), panics, put("b")) {
		if i == 1 && (!errors.Is(err, store.ErrUnreadable) || !strings.Contains(err.Error(), "page 7")) || i != 1 && err != nil {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if !w.has(t, "a") || !w.has(t, "b") || w.has(t, "half") {
		t.Errorf("a is there: %v, b: %v, half of the write that panicked: %v", w.has(t, "a"), w.has(t, "b"), w.has(t, "half"))
	}
	if err := w.do(put("c")); err != nil || !w.has(t, "c") {
		t.Errorf("the writer did not recover: %v", err)
	}
}

// A save that deletes records of another space is one transaction. So are the writes of many
// callers that wait.
func TestTransactionsOfAnEngine(t *testing.T) {
	e, err := Open(filepath.Join(t.TempDir(), "db"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	s, pending := e.Open("realm"), e.Open("pending")
	save := func(s store.Space, id string) {
		t.Helper()
		if _, err := s.Save(t.Context(), id, store.Record{}); err != nil {
			t.Error(err)
		}
	}
	save(pending, "p1")
	before := e.writer.transactions(t)
	if _, err := s.SaveAndDelete(t.Context(), "u1", store.Record{}, pending.Name(), "p1"); err != nil {
		t.Fatal(err)
	}
	if n := e.writer.transactions(t) - before; n != 1 {
		t.Errorf("a save that deletes is %d transactions", n)
	}
	before = e.writer.transactions(t)
	release := HoldWriter(e)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() { save(s, fmt.Sprint("v", i)) })
	}
	AwaitQueue(e, 20)
	release()
	all.Wait()
	if n := e.writer.transactions(t) - before; n != 1 {
		t.Errorf("20 concurrent saves are %d transactions", n)
	}
}
