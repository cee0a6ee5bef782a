package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/backup"
	"keycloak-scim-proxy/proxy/store/embedded"
	"keycloak-scim-proxy/proxy/store/guard"
)

// ErrNoSnapshot means that a store cannot make a copy of itself, because it is not a file.
var ErrNoSnapshot = errors.New("only an embedded store makes a snapshot")

// Snapshot lets a running embedded store make a copy of its file, and returns the path of the copy.
func Snapshot(ctx context.Context, e *guard.Engine) (string, error) {
	file, ok := e.Engine.(*embedded.Engine)
	if !ok {
		return "", ErrNoSnapshot
	}
	return file.Snapshot(ctx)
}

// Backup writes all records of the configured store (backup.Write), and returns their number. It
// needs no keys. The error is embedded.ErrInUse if another process has an embedded store open.
func Backup(ctx context.Context, s config.Store, to io.Writer, now time.Time) (records uint64, err error) {
	e, err := existing(s)
	if err != nil {
		return 0, err
	}
	records, err = backup.Write(ctx, e, to, now, release())
	return records, errors.Join(err, e.Close())
}

// Verify reads and opens every record of the configured store (guard.Engine.Verify).
func Verify(ctx context.Context, s config.Store, o guard.VerifyOptions) (guard.SpaceCounts, error) {
	raw, err := existing(s) // fails early if another process has it open
	if err == nil {
		err = raw.Close()
	}
	if err != nil {
		return guard.SpaceCounts{}, err
	}
	e, err := Open(ctx, s, zap.NewNop())
	if err != nil {
		return guard.SpaceCounts{}, err
	}
	n, err := e.Verify(ctx, o)
	return n, errors.Join(err, e.Close())
}

// Restore replaces the records of the configured store by those of a backup (backup.Restore). An
// embedded store is written to a file of its own, which then takes the place of the old one, so
// that the old one stays if the restore is stopped.
func Restore(ctx context.Context, s config.Store, f *backup.File, o backup.RestoreOptions) error {
	if s.Embedded != nil {
		return restoreFile(ctx, s.Embedded.Path, f, o)
	}
	e, err := openEngine(s, lockWait)
	if err != nil {
		return err
	}
	o.Wait = resealWait
	return errors.Join(backup.Restore(ctx, e, f, o), e.Close())
}

func restoreFile(ctx context.Context, path string, f *backup.File, o backup.RestoreOptions) error {
	current, err := embedded.Open(path, lockWait) // held, so that no proxy starts meanwhile
	switch {
	case errors.Is(err, store.ErrUnreadable) && o.Replace:
		current = nil
	case err != nil:
		return err
	}
	next := path + ".restoring"
	if err = prepare(ctx, current, f, o); err == nil {
		err = writeFile(ctx, next, f, o)
	}
	if err == nil {
		return takePlace(current, next, path)
	}
	if current != nil {
		err = errors.Join(err, current.Close())
	}
	return err
}

// prepare refuses a store that must not be replaced. A store without records is marked, so that no
// proxy takes it for a new one if the restore is stopped.
func prepare(ctx context.Context, current *embedded.Engine, f *backup.File, o backup.RestoreOptions) error {
	if current == nil {
		return nil
	}
	inUse, err := backup.Restorable(ctx, current, o.Replace)
	if err == nil && !inUse {
		err = backup.Announce(ctx, current, f, o.Now)
	}
	return err
}

// writeFile restores into a new file.
func writeFile(ctx context.Context, path string, f *backup.File, o backup.RestoreOptions) error {
	if err := os.RemoveAll(path); err != nil { // the rest of a restore that was stopped
		return err
	}
	e, err := embedded.Open(path, lockWait)
	if err != nil {
		return err
	}
	if err := errors.Join(backup.Restore(ctx, e, f, o), e.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// takePlace puts the new file in the place of the old one, and opens it once, which verifies it and
// makes its name durable.
func takePlace(current *embedded.Engine, next, path string) error {
	if current != nil && runtime.GOOS == "windows" { // it does not replace an open file
		if err := current.Close(); err != nil {
			return err
		}
		current = nil
	}
	err := os.Rename(next, path)
	if current != nil {
		err = errors.Join(err, current.Close())
	}
	if err != nil {
		return err
	}
	e, err := embedded.Open(path, lockWait)
	if err != nil {
		return err
	}
	return e.Close()
}

// existing opens the engine of the configured store, without a guard. It does not create a file.
func existing(s config.Store) (store.Engine, error) {
	if s.Embedded != nil {
		if _, err := os.Stat(s.Embedded.Path); err != nil {
			return nil, fmt.Errorf("there is no store: %w", err)
		}
	}
	return openEngine(s, shortWait)
}

// release is the version of the program as the Go tools know it, or empty.
func release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "(devel)" {
		return ""
	}
	return info.Main.Version
}
