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

// run runs a tool to its end. If the context ends first, the tool and all processes that it
// started are killed. The error has the last 1,000 bytes of the output.
func run(ctx context.Context, out io.Writer, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	var output strings.Builder
	both := io.MultiWriter(out, &output) // exec does not write concurrently if both streams have one writer
	cmd.Stdout, cmd.Stderr = both, both
	procgroup.Set(cmd)
	cmd.Cancel = func() error { return procgroup.Kill(cmd) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		text := output.String()
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(text[max(0, len(text)-1000):]))
	}
	return nil
}

// lockFile waits until this process has the lock of a file. The lock is released by unlock or
// when the process ends.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f := flock.New(path, flock.SetPermissions(0o600))
	if _, err := f.TryLockContext(ctx, 100*time.Millisecond); err != nil {
		return nil, err
	}
	return func() { _ = f.Unlock() }, nil
}
