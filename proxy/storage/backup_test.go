package storage_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/backup"
	"keycloak-scim-proxy/proxy/store/guard"
	"keycloak-scim-proxy/test/redisserver"
)

// sealed returns the configuration of an embedded store with a key.
func sealed(t testing.TB) config.Store {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "k1")
	if err := os.WriteFile(key, []byte(hex.EncodeToString(bytes.Repeat([]byte("k"), 32))), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Store{Embedded: &config.Embedded{Path: filepath.Join(dir, "store.db")}, Encryption: &config.Encryption{KeyFiles: []string{key}, RequireSealed: true}}
}

func opened(t testing.TB, s config.Store) *guard.Engine {
	t.Helper()
	e, err := storage.Open(t.Context(), s, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// fill saves n records and returns the stamp.
func fill(t testing.TB, s config.Store, n int) (stamp string) {
	t.Helper()
	e := opened(t, s)
	defer func() { _ = e.Close() }()
	var g errgroup.Group
	g.SetLimit(64)
	for i := range n {
		g.Go(func() error {
			id := fmt.Sprintf("u%06d", i)
			r := store.Record{Body: bytes.Repeat([]byte(id), 250), Terms: []string{"externalId " + id, "all"}}
			_, err := e.Open(fmt.Sprint("realm.", i%5)).Save(t.Context(), id, r)
			return err
		})
	}
	stamp, _, err := e.Stamp(t.Context())
	if err := errors.Join(g.Wait(), err); err != nil {
		t.Fatal(err)
	}
	return stamp
}

// holds checks that a store has the records that fill saved, and no others.
func holds(t testing.TB, s config.Store, n int, stamp string) {
	t.Helper()
	damaged := func(space, id string, err error) { t.Error(space, id, err) }
	all, err := storage.Verify(t.Context(), s, guard.VerifyOptions{Space: func(string, guard.SpaceCounts) {}, Damaged: damaged})
	if err != nil || all.Records != n || all.Plain != 0 || all.Damaged != 0 {
		t.Errorf("%+v, %v; want %d records", all, err, n)
	}
	e := opened(t, s)
	defer func() { _ = e.Close() }()
	if got, _, err := e.Stamp(t.Context()); err != nil || got != stamp {
		t.Errorf("stamp %s, want %s: %v", got, stamp, err)
	}
	for i := 0; i < n; i += max(1, n/97) {
		id := fmt.Sprintf("u%06d", i)
		space := e.Open(fmt.Sprint("realm.", i%5))
		ids, err := space.Find(t.Context(), "externalId "+id)
		if err != nil || len(ids) != 1 || ids[0] != id {
			t.Fatalf("%s: found %q, %v", id, ids, err)
		}
		got, err := space.Load(t.Context(), id)
		if err != nil || !bytes.Equal(got[id].Body, bytes.Repeat([]byte(id), 250)) || len(got[id].Terms) != 2 {
			t.Fatalf("%s: %v", id, err)
		}
	}
}

// heap is a writer and a reader that samples the memory in use while bytes pass.
type heap struct {
	io.ReadSeeker
	io.Writer
	since, peak uint64
}

func (h *heap) sample(n int) {
	if h.since += uint64(n); h.since < 8<<20 {
		return
	}
	h.since = 0
	runtime.GC() // what is left is in use
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.peak = max(h.peak, m.HeapInuse)
}

func (h *heap) Write(b []byte) (int, error) {
	h.sample(len(b))
	return h.Writer.Write(b)
}

func (h *heap) Read(b []byte) (int, error) {
	n, err := h.ReadSeeker.Read(b)
	h.sample(n)
	return n, err
}

// move restores a backup of one store into another, and returns the size of the backup and the most
// memory that was in use.
func move(t testing.TB, from, to config.Store) (size int64, peak uint64) {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "backup"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := &heap{ReadSeeker: f, Writer: f}
	if _, err := storage.Backup(t.Context(), from, h, time.Now()); err != nil {
		t.Fatal(err)
	}
	b, err := backup.Open(h)
	if err != nil {
		t.Fatal(err)
	}
	if err := storage.Restore(t.Context(), to, b, backup.RestoreOptions{Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size(), h.peak
}

// 50,000 sealed records move from a file to a real Redis and back, with less memory than a part of
// them has.
func TestMigration(t *testing.T) {
	server := redisserver.Start(t, redisserver.Options{})
	const n = 50_000
	from := sealed(t)
	stamp := fill(t, from, n)
	shared := config.Store{Redis: &config.Redis{Addresses: []string{server.Addr}, Prefix: "kscim:"}, Encryption: from.Encryption}
	size, peak := move(t, from, shared)
	holds(t, shared, n, stamp)
	back := sealed(t)
	back.Encryption = from.Encryption
	again, peakAgain := move(t, shared, back)
	holds(t, back, n, stamp)
	t.Logf("%d and %d bytes, with %d and %d bytes of memory", size, again, peak, peakAgain)
	if limit := uint64(size) / 3; size < n*1750 || peak > limit || peakAgain > limit {
		t.Errorf("a backup of %d bytes took %d and %d bytes of memory, at most %d", size, peak, peakAgain, limit)
	}
}

// cut is a backup that cannot be read a second time to its end, as if the restore was killed there.
type cut struct {
	*bytes.Reader
	passes int
}

func (c *cut) Seek(to int64, whence int) (int64, error) {
	c.passes++
	return c.Reader.Seek(to, whence)
}

func (c *cut) Read(b []byte) (int, error) {
	if c.passes > 1 && c.Len() < int(c.Size())/2 {
		return 0, errors.New("killed")
	}
	return c.Reader.Read(b)
}

// A restore of a file is stopped: a store that had records is as it was, and one that was missing
// is not taken for a new one.
func TestARestoreOfAFileIsStopped(t *testing.T) {
	s := sealed(t)
	stamp := fill(t, s, 600)
	var out bytes.Buffer
	if _, err := storage.Backup(t.Context(), s, &out, time.Now()); err != nil {
		t.Fatal(err)
	}
	restore := func(from io.ReadSeeker, replace bool) error {
		t.Helper()
		f, err := backup.Open(from)
		if err != nil {
			t.Fatal(err)
		}
		return storage.Restore(t.Context(), s, f, backup.RestoreOptions{Replace: replace, Now: time.Now()})
	}
	if err := restore(bytes.NewReader(out.Bytes()), false); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("a store with records: %v", err)
	}
	if err := restore(&cut{Reader: bytes.NewReader(out.Bytes())}, true); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("stopped: %v", err)
	}
	holds(t, s, 600, stamp)

	path := s.Embedded.Path
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := restore(&cut{Reader: bytes.NewReader(out.Bytes())}, false); err == nil {
		t.Error("stopped: no error")
	}
	if e, err := storage.Open(t.Context(), s, zap.NewNop()); !errors.Is(err, store.ErrLost) || !strings.Contains(fmt.Sprint(err), "run `scim-proxy store restore` again") {
		t.Errorf("a proxy that starts now: %v, %v", e, err)
	}
	if err := restore(bytes.NewReader(out.Bytes()), false); err != nil {
		t.Fatal(err)
	}
	holds(t, s, 600, stamp)

	if err := os.WriteFile(path, bytes.Repeat([]byte("x"), 100_000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := restore(bytes.NewReader(out.Bytes()), false); !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("a damaged file: %v", err)
	}
	if err := restore(bytes.NewReader(out.Bytes()), true); err != nil {
		t.Fatal(err)
	}
	holds(t, s, 600, stamp)
	if left, err := filepath.Glob(path + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}
