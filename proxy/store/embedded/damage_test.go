package embedded_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// damagedTenants and damagedRecords are what the file that is damaged holds.
const (
	damagedTenants = 3
	damagedRecords = 120
)

// built is what whole returns; tests do not run at the same time.
var built []byte

// whole is a file with records of all sizes, some of them deleted, and free pages.
func whole(t *testing.T) []byte {
	t.Helper()
	if built == nil {
		built = build(t)
	}
	return bytes.Clone(built)
}

func build(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store.db")
	e := open(t, path)
	for n := range damagedTenants {
		s := e.Open(fmt.Sprint("realm.", n))
		for i := range damagedRecords + 20 {
			body := bytes.Repeat([]byte{byte(i)}, []int{1, 100, 700, 9000}[i*i%7%4])
			if _, err := s.Save(t.Context(), fmt.Sprintf("u%03d", i), store.Record{Body: body, Terms: []string{fmt.Sprint("name ", i), "all"}}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 20 {
			if err := s.Delete(t.Context(), fmt.Sprintf("u%03d", damagedRecords+i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := errors.Join(e.Probe(t.Context()), e.Close()); err != nil { // the newer of the first two pages holds only the probe
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// examine opens a file and uses everything in it. It reports whether the file was refused. The test
// fails if records are missing without an error.
func examine(t *testing.T, what, path string) (refused bool) {
	t.Helper()
	ctx := t.Context()
	e, err := embedded.Open(path, time.Second)
	if err != nil {
		if !errors.Is(err, store.ErrUnreadable) || !strings.Contains(err.Error(), path+" is damaged: ") || !strings.HasSuffix(err.Error(), "; restore it from a backup") {
			t.Errorf("%s: %v", what, err)
		}
		return true
	}
	for n := range damagedTenants {
		readAll(t, what, e.Open(fmt.Sprint("realm.", n)))
	}
	if err := e.Probe(ctx); err != nil {
		t.Errorf("%s: Probe: %v", what, err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("%s: Close: %v", what, err)
	}
	return false
}

func readAll(t *testing.T, what string, s store.Space) {
	t.Helper()
	found := 0
	for id, err := range store.IDs(t.Context(), s, 50) {
		if err != nil {
			t.Errorf("%s: Scan: %v", what, err)
			return
		}
		found++
		_, err = s.Load(t.Context(), id)
		if err != nil && !errors.Is(err, store.ErrUnreadable) {
			t.Errorf("%s: Load: %v", what, err)
		}
		if _, err := s.Find(t.Context(), fmt.Sprint("name ", found)); err != nil {
			t.Errorf("%s: Find: %v", what, err)
		}
	}
	if _, err := s.Save(t.Context(), "new", store.Record{Terms: []string{"all"}}); err != nil {
		t.Errorf("%s: Save: %v", what, err)
	}
	if found != damagedRecords {
		t.Errorf("%s: %d records of %d, and no error", what, found, damagedRecords)
	}
}

// word is the place of a number in a page.
func word(bad []byte, page, at int) []byte { return bad[page*os.Getpagesize()+at:] }

// pageOf is a page in use of this kind, with at least so many elements.
func pageOf(t *testing.T, file []byte, kind string, count int) (page int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	err := edit(path, func(tx *bolt.Tx) error {
		for page = 2; ; page++ {
			info, err := tx.Page(page)
			if info == nil || err != nil {
				return fmt.Errorf("no %s with %d elements: %w", kind, count, err)
			}
			if info.Type == kind && info.Count >= count {
				return nil
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// These damages seldom result from flipped bits.
func TestDamagedFiles(t *testing.T) {
	good, path, size := whole(t), filepath.Join(t.TempDir(), "store.db"), os.Getpagesize()
	put := binary.NativeEndian.PutUint64
	branch, leaf, free := pageOf(t, good, "branch", 2), pageOf(t, good, "leaf", 8), pageOf(t, good, "freelist", 1)
	for name, damage := range map[string]func(bad []byte) []byte{
		"text":               func([]byte) []byte { return bytes.Repeat([]byte("no database "), 5000) },
		"a line":             func([]byte) []byte { return []byte("no database\n") },
		"zeros":              func(bad []byte) []byte { return make([]byte, len(bad)) },
		"cut in the half":    func(bad []byte) []byte { return bad[:len(bad)/2] },
		"cut in a page":      func(bad []byte) []byte { return bad[:9*size+100] },
		"two pages are left": func(bad []byte) []byte { return bad[:2*size] },
		"one page is left":   func(bad []byte) []byte { return bad[:size] },
		"zeros at the begin": func(bad []byte) []byte { clear(bad[:2*size]); return bad },
		"zeros behind":       func(bad []byte) []byte { clear(bad[2*size:]); return bad },
		"a branch to itself": func(bad []byte) []byte { put(word(bad, branch, 16+8), uint64(branch)); return bad },
		"a branch to a meta": func(bad []byte) []byte { put(word(bad, branch, 16+8), 0); return bad },
		"a branch beyond":    func(bad []byte) []byte { put(word(bad, branch, 16+8), 1<<60); return bad },
		"a leaf twice":       func(bad []byte) []byte { copy(word(bad, branch, 16+8)[:8], word(bad, branch, 32+8)); return bad },
		"no branches":        func(bad []byte) []byte { clear(word(bad, branch, 10)[:2]); return bad },
		"records that end":   func(bad []byte) []byte { word(bad, leaf, 10)[0]--; return bad },
		"page upon page":     func(bad []byte) []byte { copy(word(bad, leaf, 0)[:size], word(bad, branch, 0)); return bad },
		"a copy of a page":   func(bad []byte) []byte { copy(word(bad, leaf, 8)[:size-8], word(bad, branch, 8)); return bad },
		"endless free pages": func(bad []byte) []byte {
			copy(word(bad, free, 10), "\xff\xff")
			put(word(bad, free, 16), 1<<40)
			return bad
		},
		"a free page in use":   func(bad []byte) []byte { put(word(bad, free, 16), uint64(leaf)); return bad },
		"a free page nowhere":  func(bad []byte) []byte { put(word(bad, free, 16), 1<<40); return bad },
		"no list of free ones": func(bad []byte) []byte { word(bad, free, 8)[0] = 2; return bad },
	} {
		if err := os.WriteFile(path, damage(whole(t)), 0o600); err != nil {
			t.Fatal(err)
		}
		if !examine(t, name, path) {
			t.Errorf("%s: not refused", name)
		}
	}
	if err := os.WriteFile(path, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if examine(t, "whole", path) {
		t.Error("the file without damage is refused")
	}
}

// names are how often the names of the tenants stand in the file.
func names(file []byte) (out [damagedTenants]int) {
	for n := range damagedTenants {
		out[n] = bytes.Count(file, fmt.Append(nil, "realm.", n))
	}
	return out
}

// The damaged places depend on the seed, and are more often in headers than in records.
func TestFlippedBits(t *testing.T) {
	good, path := whole(t), filepath.Join(t.TempDir(), "store.db")
	pages := len(good) / os.Getpagesize()
	refused, seeds := 0, 400
	if testing.Short() {
		seeds = 60
	}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(uint64(seed), 10))
		bad := bytes.Clone(good)
		page := r.IntN(pages) * os.Getpagesize()
		for range 1 + r.IntN(3) {
			at := page + r.IntN([]int{16, 16, 64, 512, os.Getpagesize()}[r.IntN(5)])
			bad[at] ^= 1 << r.IntN(8)
		}
		if names(bad) != names(good) {
			continue // names have no checksum: a changed one is another tenant's
		}
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if examine(t, fmt.Sprint("seed ", seed), path) {
			refused++
		}
	}
	t.Logf("%d of %d files of %d pages were refused", refused, seeds, pages)
	if refused < seeds/3 {
		t.Error("this test damages too little")
	}
}
