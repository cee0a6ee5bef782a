// Package golden compares files that a test makes, such as pages that are written from code.
package golden

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Check fails the test unless a file has this content. With write it writes the file first. command
// is what an author runs to write it.
func Check(t testing.TB, file, want string, write bool, command string) {
	t.Helper()
	if write {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is old, run %s\n%s", file, command, diff)
	}
}
