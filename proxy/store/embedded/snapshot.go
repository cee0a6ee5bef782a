package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	bolt "go.etcd.io/bbolt"

	"keycloak-scim-proxy/proxy/store/internal/disk"
)

// spare is what a snapshot leaves free on the disk at least, so that writes go on.
const spare = 64 << 20

// Snapshot writes a copy of the file, as it is at one moment, beside it, and returns its path. It
// replaces an earlier copy. Writes go on, but one that makes the file grow may wait for the copy.
// Snapshot refuses to fill the disk, and to run twice at the same time.
func (e *Engine) Snapshot(ctx context.Context) (path string, err error) {
	if !e.copying.TryLock() {
		return "", errors.New("embedded snapshot: another one is being made")
	}
	defer e.copying.Unlock()
	path = e.file.path + ".snapshot"
	err = e.read(ctx, "snapshot", func(tx *bolt.Tx) error {
		if free, known := disk.Free(filepath.Dir(path)); known && free < tx.Size()+spare {
			return fmt.Errorf("%d bytes are free in %s, and it needs %d", free, filepath.Dir(path), tx.Size()+spare)
		}
		return disk.Write(ctx, path, func(to io.Writer) error {
			_, err := tx.WriteTo(to)
			return err
		})
	})
	return path, err
}

// Usage returns the bytes of the file that are in use, and how large the file could become: its
// size and the free space of the disk. The limit is 0 if the free space is not known.
func (e *Engine) Usage(ctx context.Context) (size, limit int64, err error) {
	err = e.read(ctx, "usage", func(tx *bolt.Tx) error {
		size, limit = tx.Size()-int64(tx.DB().Stats().FreePageN)*e.file.pageSize, 0
		if left, known := disk.Free(filepath.Dir(e.file.path)); known {
			limit = tx.Size() + left
		}
		return nil
	})
	return size, limit, err
}
