package configfile_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"keycloak-scim-proxy/config/configfile"
)

func generic(name string) bool { return name == "generic" }

// unpack writes the files of an archive into a directory. The file named want is the expected
// result.
func unpack(t *testing.T, file string) (dir, want string) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for _, f := range a.Files {
		if f.Name == "want" {
			want = string(f.Data)
			continue
		}
		write(t, dir, f.Name, string(f.Data))
	}
	return dir, want
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLoad loads testdata/*.txtar, and testdata/bad/*.txtar with one kind of mistake each. With
// -update it writes the expected problems.
func TestLoad(t *testing.T) {
	files := glob(t, "testdata/*.txtar")
	for _, file := range append(files, glob(t, "testdata/bad/*.txtar")...) {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".txtar"), func(t *testing.T) {
			dir, want := unpack(t, file)
			c, err := configfile.Load(filepath.Join(dir, "config.yaml"), generic)
			got := ""
			if err != nil {
				got = strings.ReplaceAll(err.Error(), dir+"/", "") + "\n"
			}
			if *update {
				expect(t, file, got)
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if (c == nil) != (err != nil) {
				t.Errorf("%v with %v", c, err)
			}
			if bad := filepath.Dir(file) == "testdata/bad"; bad && err == nil {
				t.Error("nothing is wrong with it")
			}
			if strings.Contains(got, "hunter2") {
				t.Error("a secret is told")
			}
		})
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no files")
	}
	return files
}

// expect rewrites the last file of an archive, which is want.
func expect(t *testing.T, file, want string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := bytes.Cut(b, []byte("-- want --\n"))
	if !ok {
		t.Fatal("no want")
	}
	if err := os.WriteFile(file, append(before, "-- want --\n"+want...), 0o600); err != nil {
		t.Fatal(err)
	}
}
