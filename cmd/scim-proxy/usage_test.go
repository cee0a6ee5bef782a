package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// executed runs a command line.
func executed(t *testing.T, args ...string) (out, errs string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := root()
	c.SetOut(&stdout)
	c.SetErr(&stderr)
	c.SetArgs(args)
	code = ended(c.ExecuteContext(t.Context()), &stderr)
	return stdout.String(), stderr.String(), code
}

func TestUsage(t *testing.T) {
	for _, row := range []struct {
		args      string
		code      int
		out, errs string // a part; empty: nothing
	}{
		{"", 0, "Available Commands:", ""},
		{"--help", 0, "2  the command line", ""},
		{"tenant --help", 0, "rotate", ""},
		{"help tenant rotate", 0, "--overlap", ""},
		{"tenant", 2, "", "scim-proxy tenant needs one of the commands above"},
		{"store", 2, "", "reseal"},
		{"completion", 2, "", "powershell"},
		{"tenent", 2, "", "did you mean tenant?"},
		{"tenant lst", 2, "", "did you mean list?"},
		{"help tenant lst", 2, "", "did you mean list?"},
		{"tenant frobnicate", 2, "", "`scim-proxy tenant --help` lists the commands"},
		{"tenant show", 2, "", "TENANT is missing\nusage: scim-proxy tenant show TENANT"},
		{"tenant list acme", 2, "", `unexpected argument "acme"`},
		{"import a.csv b.csv", 2, "", `unexpected argument "b.csv"`},
		{"tenant list --no-such", 2, "", "unknown flag: --no-such\nusage: scim-proxy tenant list"},
		{"import users.csv --batch many", 2, "", "--batch"},
		{"tenant list --output xml", 2, "", "--output must be one of table, json"},
	} {
		out, errs, code := executed(t, strings.Fields(row.args)...)
		for _, text := range []struct{ got, want string }{{out, row.out}, {errs, row.errs}} {
			if !strings.Contains(text.got, text.want) || text.want == "" && text.got != "" {
				t.Errorf("%q: want %q in %q", row.args, text.want, text.got)
			}
		}
		if code != row.code {
			t.Errorf("%q: exit code %d, want %d", row.args, code, row.code)
		}
	}
}

// A command that can run refuses arguments that it does not have.
func TestArgumentsAreChecked(t *testing.T) {
	each(root(), func(c *cobra.Command) {
		if c.Args == nil && c.Name() != "help" {
			t.Errorf("%s takes any argument", c.CommandPath())
		}
	})
}
