package tenantcmd_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/tenantcmd"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// The commands for tokens also work with those in the store: they show and revoke them, and make
// them with --in-store. Without the store, files are shown and changed as before.
func TestTokensInStore(t *testing.T) {
	world(t)
	down := false
	all := issued.New(issued.Options{
		Space: storetest.NewMemory().Open(issued.SpaceName), Now: func() time.Time { return now },
		Place:   func(tenant string) (string, bool) { return "r", tenant == "acme" },
		Taken:   func(string, string) bool { return false },
		Journal: func(string) *journal.Log { return nil },
	})
	e := tenantcmd.Env{Known: func(string) bool { return true }, Now: func() time.Time { return now }, Random: ones{}}
	e.Tokens = func(ctx context.Context, _ *config.Config, r issued.Request) (issued.Answer, error) {
		if down {
			return issued.Answer{}, errors.New("down")
		}
		return all.Do(ctx, r)
	}
	run := func(args ...string) (out, words string, err error) {
		t.Helper()
		c := &cobra.Command{Use: "tenant", SilenceUsage: true, SilenceErrors: true}
		c.AddCommand(e.List(), e.Show(), e.Token(), e.Rotate(), e.Revoke())
		var o, w bytes.Buffer
		c.SetOut(&o)
		c.SetErr(&w)
		c.SetArgs(args)
		err = c.ExecuteContext(t.Context())
		return o.String(), w.String(), err
	}
	expect := func(name string, wants []string, args ...string) {
		t.Helper()
		out, words, err := run(args...)
		if err != nil {
			words += err.Error()
		}
		for _, want := range wants {
			if !strings.Contains(out+words, want) {
				t.Errorf("%s: no %q in:\n%s%s", name, want, out, words)
			}
		}
	}
	before := content(t)
	text, words, err := run("token", "acme", "--in-store", "--expires", "90d")
	if err != nil || !strings.HasPrefix(text, "kscim_acme_i") || strings.Contains(words, strings.TrimSpace(text)) {
		t.Fatalf("%s %s %v", text, words, err)
	}
	if _, _, err := all.Lookup(t.Context(), strings.TrimSpace(text), now); err != nil {
		t.Error(err)
	}
	ids := func(state string) (found []string) {
		shown, err := all.Show(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range shown {
			if k.State == state {
				found = append(found, k.ID)
			}
		}
		return found
	}
	first := ids(issued.Live)[0]
	expect("show", []string{"storedTokens:", first, "@", "state: live"}, "show", "acme")
	expect("list", []string{"3 (1 expired)"}, "list")
	expect("rotate", []string{"Also valid: " + first + " until 2026-11-26 12:30 UTC"}, "rotate", "acme", "--in-store")
	second := ids(issued.Live)[1]
	expect("a key of the store", []string{"Revoked keys of acme: " + first + ".", second + " (does not expire), k1"}, "revoke", "acme", "--key", first)
	if content(t) != before {
		t.Error("the file was changed")
	}
	expect("no key", []string{"acme has no key k9"}, "revoke", "acme", "--key", "k9")
	expect("--key with --in-store", []string{"--key is not for --in-store"}, "token", "acme", "--in-store", "--key", "k9")
	expect("both", []string{"Revoked keys of acme: " + second + ", k2."}, "revoke", "acme", "--key", "k2", "--key", second)
	if len(ids(issued.Live)) != 0 || strings.Contains(content(t), "k2") {
		t.Errorf("%q %s", ids(issued.Live), content(t))
	}
	expect("another", nil, "token", "acme", "--in-store")

	down = true
	expect("show", []string{"warning: tokens in the store are not shown: down", "id: k1"}, "show", "acme")
	expect("a key of the store", []string{"nothing was changed"}, "revoke", "acme", "--key", second)
	expect("one of the file", []string{"Revoked keys of acme: k3."}, "revoke", "acme", "--key", "k3")
	expect("all", []string{"those in the store are not: down"}, "revoke", "acme", "--all")
	if strings.Contains(content(t), "k1") {
		t.Error(content(t))
	}
	down = false
	expect("all", []string{"Tokens that still work: none."}, "revoke", "acme", "--all")
	if live := ids(issued.Live); len(live) != 0 || !slices.Contains(ids(issued.Revoked), second) {
		t.Errorf("%q", live)
	}
	expect("file-only", []string{"Revoked keys of acme: none."}, "revoke", "acme", "--all", "--file-only")
}
