//go:build unix

package embedded_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// fullChild is the environment variable that makes TestFullDisk the process with the limit.
const fullChild = "EMBEDDED_TEST_FULL_DISK"

// The disk is full. The test lowers the limit for the size of files in a process of its own, so
// that no more page can be written.
func TestFullDisk(t *testing.T) {
	if os.Getenv(fullChild) != "" {
		fullDisk(t)
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	child.Env = append(os.Environ(), fullChild+"=1")
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func fullDisk(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ) // so that the write fails, as on a full disk
	ctx, e := t.Context(), fresh(t)
	s := e.Open("acme")
	rev, err := s.Save(ctx, "u1", store.Record{Body: []byte("kept")})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Probe(ctx); err != nil {
		t.Fatal(err)
	}
	limit(t, 2*uint64(os.Getpagesize())) // only the first two pages, which say where the others are
	if err := e.Probe(ctx); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("full: Probe: %v", err)
	}
	if _, err := s.Save(ctx, "u1", store.Record{Rev: rev}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("full: Save: %v", err)
	}
	if got, err := s.Load(ctx, "u1"); err != nil || string(got["u1"].Body) != "kept" {
		t.Errorf("full: Load: %v, %v", got, err)
	}
	if err := e.Ping(ctx); err != nil {
		t.Errorf("full: Ping: %v", err)
	}
	if path, err := e.(*embedded.Engine).Snapshot(ctx); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("full: Snapshot: %v", err)
	} else if left, err := filepath.Glob(path + "*"); len(left) > 0 || err != nil {
		t.Errorf("full: a snapshot leaves %q, %v", left, err)
	}
	limit(t, 1<<30)
	if err := e.Probe(ctx); err != nil {
		t.Errorf("space again: Probe: %v", err)
	}
	if _, err := s.Save(ctx, "u1", store.Record{Rev: rev}); err != nil {
		t.Errorf("space again: Save: %v", err)
	}
}

// limit sets how large the files of this process may become.
func limit(t *testing.T, size uint64) {
	t.Helper()
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &r); err != nil {
		t.Fatal(err)
	}
	r.Cur = size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &r); err != nil {
		t.Fatal(err)
	}
}
