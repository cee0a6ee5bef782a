package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gofrs/flock"
)

// A kill in the middle of a transaction leaves some of its pages in the file, but not the first
// two, which commit it: the journal reads as before the transaction.
func TestJournalIsTorn(t *testing.T) {
	const subject, rows, batch = "x http://localhost/scim/v2", 300, 50
	path := filepath.Join(t.TempDir(), "journal")
	open := func(path string) *Journal {
		t.Helper()
		j, err := Open(path, subject, rows)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	read := func() []byte {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	j := open(path)
	defer func() { _ = j.db.Close() }()
	before, torn := read(), 0
	for first := 1; first <= rows; first += batch {
		states := slices.Clone(j.rows)
		var outcomes []Outcome
		for row := first; row < first+batch; row++ {
			outcomes = append(outcomes, Outcome{row, map[bool]string{true: fmt.Sprint("reason ", row)}[row%3 == 0]})
		}
		if err := j.Settle(outcomes...); err != nil {
			t.Fatal(err)
		}
		after := read()
		mixed := slices.Concat(before, make([]byte, len(after)-len(before))) // the file grows first
		for page := 2 * pageSize; page < len(after); page += pageSize {
			copy(mixed[page:], after[page:page+pageSize])
			if slices.Equal(mixed[page:page+pageSize], before[min(page, len(before)):min(page+pageSize, len(before))]) {
				continue
			}
			torn++
			file := filepath.Join(t.TempDir(), "torn")
			if err := os.WriteFile(file, mixed, 0o600); err != nil {
				t.Fatal(err)
			}
			k := open(file)
			if !slices.Equal(k.rows, states) || k.done+k.failed != first-1 {
				t.Errorf("after %d rows and page %d: %d done, %d failed", first-1, page/pageSize, k.done, k.failed)
			}
			for row := 3; row < first; row += 3 {
				if why, err := k.Reason(row); err != nil || why != fmt.Sprint("reason ", row) {
					t.Errorf("row %d: %q %v", row, why, err)
				}
			}
			if err := k.db.Close(); err != nil {
				t.Error(err)
			}
		}
		before = after
	}
	if torn < rows/batch {
		t.Errorf("%d torn files: this test tests nothing", torn)
	}
}

// A journal that another process is creating is not emptied.
func TestBeginningIsLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	short := string(make([]byte, magicAt)) + string(magic)
	if err := os.WriteFile(path, []byte(short), 0o600); err != nil {
		t.Fatal(err)
	}
	lock := flock.New(path)
	if ok, err := lock.TryLock(); !ok {
		t.Fatal(err)
	}
	if _, err := Open(path, "x", 1); !errors.Is(err, ErrInUse) {
		t.Error(err)
	}
	if b, err := os.ReadFile(path); string(b) != short {
		t.Errorf("%q %v", b, err)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	j, err := Open(path, "x", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.db.Close(); err != nil {
		t.Error(err)
	}
}
