package guard_test

import (
	"os"
	"strings"
	"testing"
)

// rotation returns the numbered list of a file with single spaces and without comment marks.
func rotation(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(strings.ReplaceAll(string(b), "\n//", "\n"), "1. Add the new key")
	list, _, ended := strings.Cut(strings.ReplaceAll(list, " \n", "\n"), "\n\n")
	if !found || !ended {
		t.Fatalf("%s has no list of steps", file)
	}
	return strings.Join(strings.Fields(list), " ")
}

// Operators read the page, and developers the package documentation.
func TestTheStepsOfARotationAreTheSame(t *testing.T) {
	page, doc := rotation(t, "../../../docs/operations.md"), rotation(t, "doc.go")
	if page != doc {
		t.Errorf("docs/operations.md says\n%s\nand doc.go\n%s", page, doc)
	}
}
