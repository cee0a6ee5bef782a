package prose_test

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/test/prose"
)

var (
	tree  = flag.Bool("tree", false, "check all files of the repository")
	under = flag.String("under", "", "with -tree: check only files whose path begins with this")
)

// root is the directory of the repository.
const root = "../.."

func TestTree(t *testing.T) {
	if !*tree {
		t.Skip("make prose checks the repository")
	}
	cmd := exec.Command("git", "ls-files", "-co", "--exclude-standard")
	cmd.Dir = root
	list, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.Lines(string(list)) {
		name = strings.TrimSuffix(name, "\n")
		content, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(name, *under) || strings.HasPrefix(name, "test/prose/") {
			continue // deleted, not selected, or full of examples of bad prose
		}
		if err != nil {
			continue // a link to a directory
		}
		lines, err := prose.Read(name, content)
		if err != nil {
			t.Error(err)
		}
		for _, l := range lines {
			for _, p := range prose.Check(l) {
				t.Errorf("%s:%d: %s", name, l.Number, p)
			}
		}
	}
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []string
	}{
		"a.go": {
			"// Package a is one.\n//\n//\tshown as it is\npackage a\n\n//go:embed b\nvar b = \"text\" // after code\n\n/* two\nlines */\n",
			[]string{" Package a is one.", "", "\tshown as it is", "go:embed b", " after code", " two", "lines */", "text"},
		},
		"a_test.go": {"package a\n\n// A comment.\nvar b = \"text\"\n", []string{" A comment."}},
		"a.md":      {"Text.\n```\ncode\n```\n| a | b |\n    code\n", []string{"Text.", "| a | b |", ""}},
		"a.lua":     {"-- A comment.\nlocal a\n", []string{" A comment."}},
		"Makefile":  {"# A comment.\nall: ; true\n", []string{" A comment."}},
		"a.json":    {"{}", nil},
	} {
		lines, err := prose.Read(name, []byte(c.content))
		var got []string
		for _, l := range lines {
			got = append(got, l.Text)
		}
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestCheck(t *testing.T) {
	long := strings.Repeat("word ", 19) + "words "
	for _, c := range []struct {
		file, text string
		problems   int
	}{
		{"a.go", "// " + long + "\npackage a\n", 1},
		{"a.go", "//\t" + long + "\npackage a\n", 0},
		{"a.go", "package a\n\nvar a = \"" + long + "\" // after code\n", 0},
		{"a.go", "package a\n\nvar a = 1 // " + long + "\n", 1},
		{"a.go", "// See https://example.com/" + strings.ReplaceAll(long, " ", "-") + "\npackage a\n", 0},
		{"a.md", long + "\n", 1},
		{"a.md", "| " + long + " |\n", 0},
		{"a.md", "See [the page](" + strings.ReplaceAll(long, " ", "-") + ").\n", 0},
		{"a.md", "Somebody is told whom.\n", 3},
		{"a.md", "It is no problem. There is no key. It is no longer there. There are no keys.\n", 1},
		{"a.md", "What is kept is sealed.\n", 1},
		{"a.md", "What is kept? See below: what it says.\n", 0},
		{"a.md", "## What it is\n", 0},
		{"a.md", "By R12 it is refused; RFC 7644, R22 and AR1 are not rules.\n", 1},
		{"a.md", "The caller `nobody` is one.\n", 0},
		{"a.md", "It is used where there is none.\n", 1},
		{"a.go", "package a\n\nvar a = \"nobody could use it\"\n", 1},
		{"a_test.go", "package a\n\nvar a = \"nobody\"\n", 0},
	} {
		lines, err := prose.Read(c.file, []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		var problems []string
		for _, l := range lines {
			problems = append(problems, prose.Check(l)...)
		}
		if len(problems) != c.problems {
			t.Errorf("%.80q: %d problems, want %d: %q", c.text, len(problems), c.problems, problems)
		}
	}
}
