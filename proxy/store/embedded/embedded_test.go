package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/storetest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(savingChild); path != "" {
		saveUntilKilled(path)
	}
	goleak.VerifyTestMain(m)
}

func open(t testing.TB, path string) *embedded.Engine {
	t.Helper()
	e, err := embedded.Open(path, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() }) // the test may have closed it
	return e
}

// fresh returns a new engine. After the test the file must not look damaged to the next start.
func fresh(t testing.TB) store.Engine {
	path := filepath.Join(t.TempDir(), "store.db")
	t.Cleanup(func() {
		e, err := embedded.Open(path, time.Second)
		if err == nil {
			err = e.Close()
		}
		if err != nil {
			t.Errorf("the next start: %v", err)
		}
	})
	return open(t, path)
}

func TestEmbedded(t *testing.T) { storetest.Run(t, fresh) }

func TestGuarded(t *testing.T) { storetest.RunGuard(t, fresh) }

func TestSealed(t *testing.T) {
	keys, err := store.NewKeys(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, func(t testing.TB) store.Engine { return store.Seal(fresh(t), keys) })
}

func TestDataAndRevisionsOutliveTheEngine(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "a", "b", "store.db")
	e := open(t, path)
	rev, err := e.Open("acme").Save(ctx, "u1", store.Record{Body: []byte("kept"), Terms: []string{"t"}})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := e.Open("acme").Save(ctx, "u2", store.Record{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(e.Open("acme").Delete(ctx, "u2"), e.Close()); err != nil {
		t.Fatal(err)
	}

	s := open(t, path).Open("acme")
	got, err := s.Load(ctx, "u1", "u2")
	if err != nil || len(got) != 1 || got["u1"].Rev != rev || string(got["u1"].Body) != "kept" {
		t.Errorf("Load after reopening: %v, %v", got, err)
	}
	if ids, err := s.Find(ctx, "t"); err != nil || len(ids) != 1 {
		t.Errorf("Find after reopening: %q, %v", ids, err)
	}
	if again, err := s.Save(ctx, "u2", store.Record{}); err != nil || again <= gone {
		t.Errorf("revision %d follows %d after reopening, %v", again, gone, err)
	}
}

func TestFileIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "store.db")
	open(t, path)
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): os.ModeDir | 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	taken, garbage, newer := filepath.Join(dir, "taken"), filepath.Join(dir, "garbage"), filepath.Join(dir, "newer")
	open(t, taken)
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("no database "), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(open(t, newer).Close(), setFormat(newer, "2")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		taken:                        "in use by another process",
		garbage:                      garbage + " is damaged: invalid database; restore it from a backup",
		dir:                          "is a directory, and must be a file",
		newer:                        `the file has format "2", this release knows "1"`,
		filepath.Join(garbage, "db"): "not a directory",
	} {
		e, err := embedded.Open(path, 50*time.Millisecond)
		if err == nil {
			_ = e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(path)) && want != "not a directory" {
			t.Errorf("Open(%s): %v, want %q", path, err, want)
		}
	}
}

// edit changes the file without the engine.
func edit(path string, fn func(*bolt.Tx) error) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return err
	}
	return errors.Join(db.Update(fn), db.Close())
}

func setFormat(path, format string) error {
	return edit(path, func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte(format)) })
}

// One record cannot be read. Others are saved in the same transactions.
func TestDamageStaysWithItsRecord(t *testing.T) {
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "store.db")
	e := open(t, path)
	if _, err := e.Open("acme").Save(ctx, "bad", store.Record{}); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"short": "1", "malformed": "\x00\x00\x00\x00\x00\x00\x00\x01\x7f"} {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		err := edit(path, func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("tenants")).Bucket([]byte("acme")).Bucket([]byte("records")).Put([]byte("bad"), []byte(value))
		})
		if err != nil {
			t.Fatal(err)
		}
		e = open(t, path)
		s := e.Open("acme")
		if _, err := s.Load(ctx, "bad"); !errors.Is(err, store.ErrUnreadable) {
			t.Errorf("%s: Load: %v", name, err)
		}
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if _, err := s.Save(ctx, fmt.Sprint(name, i), store.Record{}); err != nil {
					t.Errorf("%s: another record's Save: %v", name, err)
				}
			})
			group.Go(func() {
				if _, err := s.Save(ctx, "bad", store.Record{Rev: 1}); !errors.Is(err, store.ErrUnreadable) {
					t.Errorf("%s: Save: %v", name, err)
				}
			})
		}
		group.Wait()
	}
}

// A save waits for its turn, because the writer is blocked, when its context ends.
func TestCallerLeavesWhileWaiting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	e := open(t, path)
	s := e.Open("acme")
	ctx, cancel := context.WithCancel(t.Context())
	release := embedded.HoldWriter(e)
	failed := make(chan error)
	go func() {
		_, err := s.Save(ctx, "u1", store.Record{})
		failed <- err
	}()
	embedded.AwaitQueue(e, 1)
	cancel()
	release()
	if err := <-failed; !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Save: %v", err)
	}
	if got, err := s.Load(t.Context(), "u1"); err != nil || len(got) != 0 {
		t.Errorf("it was saved all the same: %v, %v", got, err)
	}
}
