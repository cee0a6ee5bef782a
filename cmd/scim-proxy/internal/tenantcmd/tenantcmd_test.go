package tenantcmd_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/tokens"
)

var now = time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC)

// ones is a source of bits that are all 1, so that every token is the same.
type ones struct{}

func (ones) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 0xff
	}
	return len(b), nil
}

const file = `# Acme
tenant: acme
realm: saas
group: acme
serviceAccount: {clientID: scim, secretFile: acme.secret}
tokens:
  - {id: k1, sha256: "1111111111111111111111111111111111111111111111111111111111111111", created: 2026-01-01}  # the first
  - {id: k2, sha256: "2222222222222222222222222222222222222222222222222222222222222222", expires: 2026-11-26}
  - {id: k3, sha256: "3333333333333333333333333333333333333333333333333333333333333333", expires: 2026-02-01}
`

// world is a configuration with the tenant acme, in the working directory.
func world(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv(cli.ConfigVariable, "")
	if err := os.Mkdir("tenants.d", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"config.yaml":           "keycloak: {url: \"http://kc\"}\nstore: {embedded: {path: store.db}}\ntenantsDir: tenants.d\npublicURL: https://scim.example.com\n",
		"tenants.d/acme.yaml":   file,
		"tenants.d/acme.secret": "s3cret",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs a command and returns what it prints.
func run(t *testing.T, args ...string) (out, words string, err error) {
	t.Helper()
	e := tenantcmd.Env{Known: func(name string) bool { return name == "generic" }, Now: func() time.Time { return now }, Random: ones{}}
	c := &cobra.Command{Use: "tenant", SilenceUsage: true, SilenceErrors: true}
	c.AddCommand(e.List(), e.Show(), e.Token(), e.Rotate(), e.Revoke())
	var o, w bytes.Buffer
	c.SetOut(&o)
	c.SetErr(&w)
	c.SetArgs(args)
	err = c.ExecuteContext(t.Context())
	return o.String(), w.String(), err
}

func content(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("tenants.d/acme.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func minted(t *testing.T, key string) (text, line string) {
	t.Helper()
	token, err := tokens.Mint(ones{}, "acme", key)
	if err != nil {
		t.Fatal(err)
	}
	sum := token.SHA256()
	return token.Reveal(), fmt.Sprintf("{id: %s, sha256: \"%x\", created: 2026-11-25", key, sum)
}

// A command changes exactly these parts of the file, and standard output has the token only.
func TestKeys(t *testing.T) {
	end := "  - {id: k3, sha256: \"" + strings.Repeat("3", 64) + "\", expires: 2026-02-01}\n"
	for _, row := range []struct {
		args    []string
		key     string // of the token that is printed
		added   string
		changes []string // pairs of old and new
		words   string
	}{
		{[]string{"token", "acme"}, "k4", "}", nil, "The new key of acme is k4 (does not expire)."},
		{[]string{"token", "acme", "--key", "entra", "--expires", "90d"}, "entra", ", expires: 2027-02-23T12:30:00Z}", nil, "entra until 2027-02-23 12:30 UTC (in 90 days)"},
		{[]string{"token", "acme", "--expires", "2027-01-01"}, "k4", ", expires: 2027-01-01}", nil, "k3 (expired)"},
		{[]string{"rotate", "acme"}, "k4", "}", []string{"created: 2026-01-01}", "created: 2026-01-01, expires: 2026-11-26T12:30:00Z}"}, "k1 until 2026-11-26 12:30 UTC"},
		{[]string{"rotate", "acme", "--overlap", "1h", "--expires", "30d"}, "k4", ", expires: 2026-12-25T12:30:00Z}", []string{
			"created: 2026-01-01}", "created: 2026-01-01, expires: 2026-11-25T13:30:00Z}", "expires: 2026-11-26}", "expires: 2026-11-25T13:30:00Z}"}, ""},
		{[]string{"rotate", "acme", "--overlap", "0s"}, "k4", "}", []string{
			"created: 2026-01-01}", "created: 2026-01-01, expires: 2026-11-25T12:30:00Z}", "expires: 2026-11-26}", "expires: 2026-11-25T12:30:00Z}"}, "k1 (expired), k2 (expired)"},
	} {
		t.Run(strings.Join(row.args, " "), func(t *testing.T) {
			world(t)
			token, line := minted(t, row.key)
			out, words, err := run(t, row.args...)
			want := strings.NewReplacer(append(row.changes, end, end+"  - "+line+row.added+"\n")...).Replace(file)
			if diff := cmp.Diff(want, content(t)); diff != "" || err != nil || out != token+"\n" || !strings.Contains(words, row.words) || strings.Contains(words, token) {
				t.Errorf("%v\n%s\n%s\n%s", err, out, words, diff)
			}
		})
	}
}

func TestRevoke(t *testing.T) {
	lines := strings.SplitAfter(file, "\n")
	for _, row := range []struct{ name, arg, want, says string }{
		{"one", "--key=k2", strings.Replace(file, lines[7], "", 1), "Revoked keys of acme: k2.\nTokens that still work: k1 (does not expire).\n"},
		{"two", "--key=k1,k2", strings.Replace(file, lines[6]+lines[7], "", 1), "Revoked keys of acme: k1, k2.\nTokens that still work: none.\n"},
		{"all", "--all", strings.Replace(file, "tokens:\n"+lines[6]+lines[7]+lines[8], "tokens: []\n", 1), "Tokens that still work: none.\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			world(t)
			out, _, err := run(t, "revoke", "acme", row.arg)
			if diff := cmp.Diff(row.want, content(t)); diff != "" || err != nil || !strings.Contains(out, row.says) {
				t.Errorf("%v\n%s\n%s", err, out, diff)
			}
		})
	}
}

// A command line that is wrong changes nothing, and the error is one of usage.
func TestRefuses(t *testing.T) {
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"token", "acme", "--expires", "2020-01-01"}, "not in the future"},
		{[]string{"token", "acme", "--expires", "0d"}, "not in the future"},
		{[]string{"token", "acme", "--expires", "soon"}, "not a time"},
		{[]string{"token", "acme", "--key", "K1"}, "a key id up to 16"},
		{[]string{"token", "globex", "--config", "config.yaml"}, `there is no such tenant "globex"`},
		{[]string{"rotate", "globex"}, `there is no such tenant "globex"`},
		{[]string{"rotate", "acme", "--overlap", "-1h"}, "--overlap"},
		{[]string{"revoke", "acme"}, "--key ID or --all"},
		{[]string{"revoke", "acme", "--key", "k1", "--all"}, "--key ID or --all"},
		{[]string{"revoke", "acme", "--key", "k1,k9"}, "acme has no key k9; it has k1"},
		{[]string{"show", "globex"}, `there is no such tenant "globex"`},
		{[]string{"list", "--output", "xml"}, "--output must be one of table, json"},
		{[]string{"list", "--config", "none.yaml"}, "there is no such file"},
	} {
		t.Run(strings.Join(row.args, " "), func(t *testing.T) {
			world(t)
			out, _, err := run(t, row.args...)
			_, usage := errors.AsType[cli.UsageError](err)
			_, problems := errors.AsType[configfile.Problems](err)
			if err == nil || !usage && !problems || !strings.Contains(err.Error(), row.want) || out != "" || content(t) != file {
				t.Errorf("%v %q", err, out)
			}
		})
	}
	world(t)
	if _, _, err := run(t, "token", "acme", "--key", "k1"); err == nil || !strings.Contains(err.Error(), "there is a key k1 already") || content(t) != file {
		t.Error(err)
	}
}

// Without a configuration file, token prints the line for a file that is written by hand.
func TestTokenWithoutAFile(t *testing.T) {
	world(t)
	token, line := minted(t, "k1")
	for _, args := range [][]string{{"token", "acme"}, {"token", "acme", "--key", "k1"}} {
		t.Chdir(t.TempDir())
		out, words, err := run(t, args...)
		if err != nil || out != token+"\n" || !strings.Contains(words, "put this line under tokens") || !strings.Contains(words, "  - "+line+"}\n") {
			t.Errorf("%v %q %q", err, out, words)
		}
	}
	if _, _, err := run(t, "list"); !errors.Is(err, cli.ErrNoConfig) {
		t.Error(err)
	}
}

// A directory that cannot be written: the token is printed, and the file as it should be.
func TestNotWritable(t *testing.T) {
	world(t)
	if err := os.Symlink("/sys/scim-proxy.lock", "tenants.d/.lock"); err != nil {
		t.Skip(err)
	}
	token, line := minted(t, "k4")
	out, words, err := run(t, "token", "acme")
	if err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Skip("no lock that cannot be taken here:", err)
	}
	if out != token+"\n" || !strings.Contains(words, file+"  - "+line+"}\n") || content(t) != file {
		t.Errorf("%q\n%s", out, words)
	}
	if out, words, err := run(t, "revoke", "acme", "--all"); err == nil || out != "" || !strings.Contains(words, "tokens: []\n") || content(t) != file {
		t.Errorf("%v %q\n%s", err, out, words)
	}
}

func TestList(t *testing.T) {
	world(t)
	if err := os.WriteFile("tenants.d/broken.yaml", []byte("tenant: globex\nrealm: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	table, words, err := run(t, "list")
	want := "TENANT  REALM  KIND   GROUP  IDP      STATE       TOKENS         NEXT EXPIRY\n" +
		"acme    saas   group  acme   generic  live        2 (1 expired)  2026-11-26 00:00 UTC\n" +
		"?       ?      realm  -      generic  not served  0              -\n"
	if diff := cmp.Diff(want, table); diff != "" || err != nil || !strings.Contains(words, "broken.yaml:2:8: is not valid YAML") {
		t.Errorf("%v\n%s\n%s", err, words, diff)
	}
	text, _, err := run(t, "list", "--output", "json")
	want = `[{"tenant":"acme","realm":"saas","kind":"group","group":"acme","idp":"generic","state":"live","tokens":{"live":2,"expired":1,"nextExpiry":"2026-11-26T00:00:00Z"},"file":"tenants.d/acme.yaml","served":true,"problems":[]},` +
		`{"tenant":"","realm":"","kind":"realm","idp":"generic","state":"live","tokens":{"live":0,"expired":0},"file":"tenants.d/broken.yaml","served":false,"problems":["tenants.d/broken.yaml:2:8: is not valid YAML: sequence end token ']' not found"]}]`
	var got bytes.Buffer
	if json.Compact(&got, []byte(text)) != nil || err != nil || got.String() != want {
		t.Errorf("%v\n%s", err, got.String())
	}
}

func TestRevokeAsJSON(t *testing.T) {
	world(t)
	out, words, err := run(t, "revoke", "acme", "--key", "k2", "-o", "json")
	want := "{\n  \"tenant\": \"acme\",\n  \"revoked\": [\n    \"k2\"\n  ],\n  \"live\": [\n    \"k1\"\n  ],\n  \"shared\": false\n}\n"
	if out != want || words != "" || err != nil {
		t.Errorf("%v %s\n%s", err, words, out)
	}
}

// A token that its line revokes is not live, and one that its line revokes later ends then.
func TestRevokedInTheFile(t *testing.T) {
	world(t)
	revoked := strings.Replace(strings.Replace(file, "created: 2026-01-01", "revoked: 2026-11-25", 1), "expires: 2026-11-26", "expires: 2027-11-26, revoked: 2026-12-01", 1)
	if err := os.WriteFile("tenants.d/acme.yaml", []byte(revoked), 0o600); err != nil {
		t.Fatal(err)
	}
	table, _, err := run(t, "list")
	if err != nil || !strings.Contains(table, " 1 (1 expired) (1 revoked)  2026-12-01 00:00 UTC (in 5 days)\n") {
		t.Errorf("%v\n%s", err, table)
	}
	text, _, err := run(t, "show", "acme")
	if err != nil || !strings.Contains(text, `{id: k1, revoked: "2026-11-25T00:00:00Z", state: revoked}`) {
		t.Errorf("%v\n%s", err, text)
	}
	out, _, err := run(t, "revoke", "acme", "--key", "k3", "--file-only")
	if err != nil || !strings.Contains(out, "Tokens that still work: k2 until 2026-12-01 00:00 UTC (in 5 days).") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, words, err := run(t, "rotate", "acme"); err != nil || !strings.Contains(words, "k1 (revoked), k2 until 2026-11-26 12:30 UTC") ||
		!strings.Contains(content(t), "revoked: 2026-11-25}") {
		t.Errorf("%v\n%s\n%s", err, words, content(t))
	}
}

// Neither a secret nor a hash is shown.
func TestShow(t *testing.T) {
	world(t)
	text, _, err := run(t, "show", "acme")
	want := `baseURL: "https://scim.example.com/tenants/acme/scim/v2"
file: tenants.d/acme.yaml
kind: group
tenant: acme
realm: saas
group: acme
idp: generic
serviceAccount:
  clientID: scim
  secretFile: tenants.d/acme.secret
state: live
onLostAttributes: alarm
onDelete: delete
graceDays: 30
membersShown: 200
unknownMembers: fail
profile: tolerant
tokens:
  - {id: k1, created: "2026-01-01T00:00:00Z", state: live}
  - {id: k2, expires: "2026-11-26T00:00:00Z", state: live}
  - {id: k3, expires: "2026-02-01T00:00:00Z", state: expired}
`
	if diff := cmp.Diff(want, text); diff != "" || err != nil {
		t.Error(err, diff)
	}
	var shown struct {
		BaseURL        string
		ServiceAccount struct{ ClientID string }
		Tokens         []struct{ ID, State string }
	}
	out, _, err := run(t, "show", "acme", "--output", "json")
	if err != nil || json.Unmarshal([]byte(out), &shown) != nil || shown.ServiceAccount.ClientID != "scim" || len(shown.Tokens) != 3 || shown.Tokens[2].State != "expired" ||
		strings.Contains(out, "s3cret") || strings.Contains(out, "1111") {
		t.Errorf("%v %s", err, out)
	}
}

// The file comes from --config, from the environment, or from the working directory.
func TestConfigFile(t *testing.T) {
	world(t)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	file := filepath.Join(here, "config.yaml")
	if out, _, err := run(t, "list", "--config", file); err != nil || !strings.Contains(out, "acme") {
		t.Error(out, err)
	}
	t.Setenv(cli.ConfigVariable, file)
	if out, _, err := run(t, "list"); err != nil || !strings.Contains(out, "acme") {
		t.Error(out, err)
	}
}
