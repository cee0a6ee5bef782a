package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/internal/locks"
)

const format = "1"

// Names of buckets and keys; see the package documentation. They are functions because a slice
// cannot be a constant.
func metaBucket() []byte    { return []byte("meta") }
func formatKey() []byte     { return []byte("format") }
func probeKey() []byte      { return []byte("probe") }
func tenantsBucket() []byte { return []byte("tenants") }
func recordsBucket() []byte { return []byte("records") }
func termsBucket() []byte   { return []byte("terms") }

// Engine is a store.Engine on one bbolt file.
type Engine struct {
	file    *file
	writer  writer
	locks   locks.Table
	copying sync.Mutex // held during a snapshot
}

var _ store.Engine = (*Engine)(nil)

// Open opens the file. If the file or its directory is missing, it is created with mode 0600 or
// 0700. Open reads the whole file once and refuses a damaged one. If another process has the file
// open, Open waits for at most wait, which must be positive, and fails with ErrInUse.
func Open(path string, wait time.Duration) (*Engine, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("embedded store: %w", err)
	}
	f, err := openFile(path, wait)
	if err != nil {
		return nil, fmt.Errorf("embedded store: %w", err)
	}
	if err := errors.Join(f.update(initialise), syncDir(filepath.Dir(path))); err != nil {
		return nil, errors.Join(fmt.Errorf("embedded store: %s: %w", path, err), f.close())
	}
	return &Engine{file: f, writer: writer{file: f}}, nil
}

// initialise sets up a new file, and refuses a file that a later release wrote.
func initialise(tx *bolt.Tx) error {
	meta, err := tx.CreateBucketIfNotExists(metaBucket())
	if err != nil {
		return err
	}
	if _, err := tx.CreateBucketIfNotExists(tenantsBucket()); err != nil {
		return err
	}
	switch found := meta.Get(formatKey()); string(found) {
	case format:
		return nil
	case "":
		return meta.Put(formatKey(), []byte(format))
	default:
		return fmt.Errorf("the file has format %q, this release knows %q: use the release that wrote it, or a later one", found, format)
	}
}

// syncDir makes the name of a new file as durable as its content.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // Windows cannot sync a directory
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open is store.Engine.Open.
func (e *Engine) Open(tenant string) store.Space { return &space{Engine: e, tenant: tenant} }

// Spaces returns the names of the tenants' buckets, including those that have become empty.
func (e *Engine) Spaces(ctx context.Context) (names []string, err error) {
	err = e.read(ctx, "spaces", func(tx *bolt.Tx) error {
		return tx.Bucket(tenantsBucket()).ForEachBucket(func(name []byte) error {
			names = append(names, string(name))
			return nil
		})
	})
	return names, err
}

// Ping reports an error if the file cannot be read.
func (e *Engine) Ping(ctx context.Context) error {
	return e.read(ctx, "ping", func(*bolt.Tx) error { return nil })
}

// Probe commits a transaction, which is synced like that of a Save.
func (e *Engine) Probe(ctx context.Context) error {
	return e.write(ctx, "probe", func(tx *bolt.Tx) error {
		return tx.Bucket(metaBucket()).Put(probeKey(), []byte(strconv.Itoa(tx.ID())))
	})
}

// Close waits for running transactions and closes the file.
func (e *Engine) Close() error { return e.file.close() }

// read runs fn in a read transaction.
func (e *Engine) read(ctx context.Context, op string, fn func(*bolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("embedded %s: %w", op, err)
	}
	return failed(ctx, op, e.file.view(fn))
}

// write runs fn in a write transaction, which other writes may share. ErrConflict and ErrUnreadable
// from fn fail only this write; fn must return them before it changes the record. Any other error
// of fn fails the transaction. A write whose context ends before its turn is refused too. After
// that, bbolt cannot be interrupted.
func (e *Engine) write(ctx context.Context, op string, fn func(*bolt.Tx) error) error {
	refused := ctx.Err()
	if refused != nil {
		return fmt.Errorf("embedded %s: %w", op, refused)
	}
	err := e.writer.do(func(tx *bolt.Tx) (broken error) {
		if refused = ctx.Err(); refused == nil {
			refused, broken = judge(fn(tx))
		}
		return broken
	})
	switch {
	case err != nil:
		return failed(ctx, op, err)
	case refused != nil:
		return fmt.Errorf("embedded %s: %w", op, refused)
	}
	return nil
}

// judge separates errors that fail one write from errors that fail the transaction.
func judge(err error) (refused, broken error) {
	if errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrUnreadable) {
		return err, nil
	}
	return nil, err
}

// failed returns errors of the contract as they are. Any other error of bbolt means that the store
// is unavailable.
func failed(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, store.ErrUnreadable) {
		return fmt.Errorf("embedded %s: %w", op, err)
	}
	return store.Unavailable(ctx, "embedded "+op, err)
}
