package embedded_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// running opens an engine on a file with records, and the file.
func running(t *testing.T) (e *embedded.Engine, file *os.File) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	if err := os.WriteFile(path, whole(t), 0o600); err != nil {
		t.Fatal(err)
	}
	e = open(t, path)
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return e, file
}

// fail checks that all operations that read pages fail, and that none has an effect.
func fail(t *testing.T, what string, e *embedded.Engine) {
	t.Helper()
	ctx, s := t.Context(), e.Open("realm.1")
	_, load := s.Load(ctx, "u007")
	_, find := s.Find(ctx, "all")
	_, scan := s.Scan(ctx, "", 10)
	_, save := s.Save(ctx, "u007", store.Record{})
	for name, err := range map[string]error{"Load": load, "Find": find, "Scan": scan, "Save": save, "Delete": s.Delete(ctx, "u007")} {
		if !errors.Is(err, store.ErrUnreadable) {
			t.Errorf("%s: %s: %v", what, name, err)
		}
	}
}

// The file is overwritten and cut while the engine has it in its memory map. The process goes on.
// The engine works again when the file is as before, and Close works too.
func TestDamageWhileRunning(t *testing.T) {
	for name, c := range map[string]struct {
		from, size int // pages
	}{
		"the records": {2, -1},
		"everything":  {0, -1},
		"the begin":   {0, 2},
	} {
		e, file := running(t)
		good, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		bad := good[c.from*os.Getpagesize():]
		if c.size > 0 {
			bad = bad[:c.size*os.Getpagesize()]
		}
		garbage := make([]byte, len(bad))
		_, _ = rand.NewChaCha8([32]byte{10}).Read(garbage) // cannot fail
		if _, err := file.WriteAt(garbage, int64(c.from*os.Getpagesize())); err != nil {
			t.Fatal(err)
		}
		fail(t, name, e)
		if _, err := file.WriteAt(good, 0); err != nil {
			t.Fatal(err)
		}
		readAll(t, name+", mended", e.Open("realm.1"))
		if err := errors.Join(e.Probe(t.Context()), e.Close()); err != nil {
			t.Errorf("%s, mended: %v", name, err)
		}
	}
}

func TestCutWhileRunning(t *testing.T) {
	for _, pages := range []int{0, 1, 2, 3} {
		e, file := running(t)
		if err := file.Truncate(int64(pages * os.Getpagesize())); err != nil {
			t.Fatal(err)
		}
		fail(t, fmt.Sprint(pages, " pages are left"), e)
		if err := e.Close(); err != nil {
			t.Errorf("%d pages are left: Close: %v", pages, err)
		}
	}
}

// Some records can be read beside others that cannot.
func TestOneDamagedPage(t *testing.T) {
	e, file := running(t)
	good, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	page := int64(pageOf(t, good, "leaf", 8) * os.Getpagesize())
	if _, err := file.WriteAt(bytes.Repeat([]byte{0xFF}, os.Getpagesize()), page); err != nil {
		t.Fatal(err)
	}
	whole, broken := 0, 0
	for n := range damagedTenants {
		s := e.Open(fmt.Sprint("realm.", n))
		for i := range damagedRecords {
			id := fmt.Sprintf("u%03d", i)
			records, err := s.Load(t.Context(), id)
			if err == nil && len(records) == 1 {
				_, err = s.Save(t.Context(), id, store.Record{Rev: records[id].Rev})
			}
			switch {
			case errors.Is(err, store.ErrUnreadable):
				broken++
			case err != nil || len(records) != 1:
				t.Errorf("%s: %v, %v", id, records, err)
			default:
				whole++
			}
		}
	}
	if whole < 8 || broken < 8 {
		t.Errorf("%d records can be read and written, %d cannot", whole, broken)
	}
}
