package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Shells complete what the files of the configuration have.
func TestCompletion(t *testing.T) {
	file, _ := configured(t)
	for _, row := range []struct {
		args string
		want string // the lines before the directive
	}{
		{"tenant show --config " + file + " ", "acme\trealm acme, generic"},
		{"tenant show --config " + file + " b", ""},
		{"tenant show --config " + file + " acme ", ""},
		{"tenant sweep --config " + file + " --tenant ", "acme\trealm acme, generic"},
		{"tenant revoke --config " + file + " acme --key ", "k1\tlive"},
		{"tenant revoke --config " + file + " globex --key ", ""},
		{"tenant show --config /no/such/file ", ""},
		{"tenant list --output ", "table\njson"},
		{"tenant add --auth ", "token\noauth\nboth"},
		{"tenant list --config ", "yaml\nyml"},
		{"config schema ", "main\ntenant"},
		{"guard --config " + file + " ", "acme\trealm acme, generic"},
		{"guard --config " + file + " acme ", "status\nrelease\nclose"},
		{"guard --config " + file + " acme status ", ""},
		{"import ", "csv\njsonl\nndjson"},
		{"tenant token acme --expires ", ""},
	} {
		words := strings.Split(row.args, " ")
		out, _, code := executed(t, append([]string{"__complete"}, words...)...)
		got, _, _ := strings.Cut("\n"+out, "\n:")
		if strings.TrimPrefix(got, "\n") != row.want || code != 0 {
			t.Errorf("%q: %q, exit code %d", row.args, out, code)
		}
	}
	out, _, _ := executed(t, "__complete", "tenant", "add", "--idp", "")
	if !strings.Contains(out, "entra\n") || strings.Contains(out, "pool") {
		t.Errorf("%s", out)
	}
}

// Each flag with a value has a completion, or a value that only the user knows.
func TestEveryFlagIsCompleted(t *testing.T) {
	free := []string{
		"admin-realm", "admin-url", "admin-user", "client-id", "expires", "for", "group", "id", "keycloak", "listen", "map", "oauth-client", "operator", "organization",
		"overlap", "payloads", "realm", "reason", "receiver", "request", "require", "saas-realm", "search", "since", "sso-idp", "timeout", "until", "url", "user", "value",
	}
	each(root(), func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			_, has := c.GetFlagCompletionFunc(f.Name)
			isFree := slices.Contains(free, f.Name) || c.Name() == "token" && f.Name == "key" || f.Value.Type() == "bool" || f.Value.Type() == "int"
			if has == isFree {
				t.Errorf("%s --%s: has a completion: %t. Add it to completions, or to free in this test", c.CommandPath(), f.Name, has)
			}
		})
	})
}
