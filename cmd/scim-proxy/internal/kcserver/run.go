package kcserver

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/procgroup"
)

// run runs a tool to its end. The tool and all that it started end with the context.
func run(ctx context.Context, out io.Writer, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	var said strings.Builder
	both := io.MultiWriter(out, &said) // one writer for both streams: exec copies them one at a time then
	cmd.Stdout, cmd.Stderr = both, both
	procgroup.Set(cmd)
	cmd.Cancel = func() error { return procgroup.Kill(cmd) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		text := said.String()
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(text[max(0, len(text)-1000):]))
	}
	return nil
}

// lockFile waits for the lock of a file among processes; it ends with the process at the latest.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f := flock.New(path, flock.SetPermissions(0o600))
	if _, err := f.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return nil, err
	}
	return func() { _ = f.Unlock() }, nil
}
