package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The bearer token comes from a file, from standard input or from the environment, never from a
// flag.
func TestReadToken(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ file, in, variable, want string }{
		{file, "", "from-variable", "from-file"},
		{"-", " from-input \n", "from-variable", "from-input"},
		{"", "from-input", "from-variable", "from-variable"},
		{"", "from-input", "", ""},
		{"-", "", "from-variable", ""},
		{file + "x", "", "from-variable", ""},
	} {
		t.Setenv(tokenVariable, row.variable)
		got, err := readToken(row.file, strings.NewReader(row.in))
		if got != row.want || (err == nil) != (row.want != "") {
			t.Errorf("%+v: %q %v", row, got, err)
		}
	}
	for _, c := range []string{"import", "simulate"} {
		found, _, err := root().Find([]string{c})
		if err != nil || found.Flags().Lookup("token") != nil || found.Flags().Lookup("token-file") == nil {
			t.Errorf("%s: %v", c, err)
		}
	}
}
