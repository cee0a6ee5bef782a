//go:build unix

package embedded_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"keycloak-scim-proxy/proxy/store"
)

// fullChild is the variable that makes TestFullDisk the process whose files may not grow.
const fullChild = "EMBEDDED_TEST_FULL_DISK"

// TestFullDisk has a disk that takes no page any more, as a limit of the process does: a process of its own lowers it for itself.
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
	signal.Ignore(syscall.SIGXFSZ) // the write fails then, as on a full disk
	ctx, e := t.Context(), fresh(t)
	s := e.Open("acme")
	rev, err := s.Save(ctx, "u1", store.Record{Body: []byte("kept")})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Probe(ctx); err != nil {
		t.Fatal(err)
	}
	limit(t, 2*uint64(os.Getpagesize())) // no page but the two that say where the others are
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
	limit(t, 1<<30)
	if err := e.Probe(ctx); err != nil {
		t.Errorf("space again: Probe: %v", err)
	}
	if _, err := s.Save(ctx, "u1", store.Record{Rev: rev}); err != nil {
		t.Errorf("space again: Save: %v", err)
	}
}

// limit is how large the files of this process may become.
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
