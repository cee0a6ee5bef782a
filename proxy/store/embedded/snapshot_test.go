package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// Snapshots are made while records move from one space to another, each in one step. No snapshot
// has half of a move, and all have what was there before.
func TestSnapshotWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	e := open(t, path)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	saved := make(chan struct{}, 1)
	go func() {
		for i := 0; ctx.Err() == nil; i++ { // "right" loses its record in the step that gives "left" one
			r := store.Record{Body: []byte(strings.Repeat("x", 5000)), Terms: []string{"t"}}
			id := fmt.Sprint("u", i)
			if _, err := e.Open("right").Save(t.Context(), id, r); err != nil {
				done <- err
				return
			}
			if _, err := e.Open("left").SaveAndDelete(t.Context(), id, r, "right", id); err != nil {
				done <- err
				return
			}
			select {
			case saved <- struct{}{}:
			default:
			}
		}
		done <- nil
	}()
	for range 10 {
		<-saved
		before, err := e.Open("left").Find(t.Context(), "t")
		if err != nil {
			t.Fatal(err)
		}
		copied, err := e.Snapshot(t.Context())
		if err != nil || copied != path+".snapshot" {
			t.Fatal(copied, err)
		}
		c, err := embedded.Open(copied, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		left, err1 := c.Open("left").Find(t.Context(), "t")
		right, err2 := c.Open("right").Find(t.Context(), "t")
		if err := errors.Join(err1, err2, c.Close()); err != nil || len(left) < len(before) || len(right) > 1 {
			t.Errorf("%d of at least %d on the left, %q on the right: %v", len(left), len(before), right, err)
		}
		if len(right) == 1 && right[0] != fmt.Sprint("u", len(left)) {
			t.Errorf("%d on the left, %q on the right", len(left), right)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Snapshot(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context: %v", err)
	}
	info, err := os.Stat(path + ".snapshot")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the snapshot: %v, %v", info.Mode(), err)
	}
}

// A process opens a file just before a restore puts another one under its path.
func TestAFileThatIsReplacedIsNotUsed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	e := open(t, path)
	if !embedded.InPlace(e) {
		t.Fatal("the file that was opened is not in its place")
	}
	if err := open(t, path+".new").Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	if embedded.InPlace(e) {
		t.Error("another file is taken for the one that was opened")
	}
}

func TestUsage(t *testing.T) {
	e := open(t, filepath.Join(t.TempDir(), "store.db"))
	fresh, limit, err := e.Usage(t.Context())
	if err != nil || fresh <= 0 || limit <= fresh {
		t.Fatalf("%d of %d, %v", fresh, limit, err)
	}
	s := e.Open("acme")
	if _, err := s.Save(t.Context(), "u1", store.Record{Body: make([]byte, 4<<20)}); err != nil {
		t.Fatal(err)
	}
	full, _, err := e.Usage(t.Context())
	if err != nil || full < fresh+4<<20 {
		t.Errorf("with 4 MiB more: %d, before %d, %v", full, fresh, err)
	}
	if err := s.Delete(t.Context(), "u1"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // pages are free when no transaction needs them
		if err := e.Probe(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if after, _, err := e.Usage(t.Context()); err != nil || after > fresh+1<<20 {
		t.Errorf("after the deletion: %d, before %d, %v", after, full, err)
	}
}
