package storecmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// snapshotTimeout is more than the proxy takes for a snapshot.
const snapshotTimeout = 16 * time.Minute

// reading calls read with the configured store. If a running proxy has an embedded store open, read
// is called again with the copy that this proxy makes, which is removed afterwards.
func reading(ctx context.Context, c config.Config, read func(config.Store) error) error {
	err := read(c.Store)
	if !errors.Is(err, embedded.ErrInUse) {
		return err
	}
	copied := c.Store.Embedded.Path + ".snapshot"
	if err := os.Remove(copied); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := askSnapshot(ctx, cli.AdminURL(c), copied); err != nil {
		return fmt.Errorf("a process has %s open, and gives no copy of it: %w; or stop the proxy first", c.Store.Embedded.Path, err)
	}
	s := c.Store
	s.Embedded = &config.Embedded{Path: copied}
	return errors.Join(read(s), os.Remove(copied))
}

// askSnapshot lets the proxy at an admin URL copy its store to this path.
func askSnapshot(ctx context.Context, adminURL, path string) error {
	if adminURL == "" {
		return errors.New("the configuration has no adminListen to ask at")
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotTimeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, adminURL+"/store/snapshot", nil)
	if err != nil {
		return err
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, 4096))
	if err != nil {
		return err
	}
	answer := strings.TrimSpace(string(text))
	if a.StatusCode != http.StatusOK {
		return fmt.Errorf("the proxy at %s answers %d: %s", adminURL, a.StatusCode, answer)
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("the proxy at %s made the copy %s, and not %s: does it run with this configuration?", adminURL, answer, filepath.Clean(path))
	}
	return nil
}
