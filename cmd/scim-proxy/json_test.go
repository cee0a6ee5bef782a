package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/overlay"
)

// Every command reports as JSON too, except those that serve, and those that print one text for
// another program.
func TestEveryReportIsJSON(t *testing.T) {
	without := []string{"serve", "demo", "backup", "restore", "token", "rotate", "schema", "bash", "fish", "powershell", "zsh", "help"}
	each(root(), func(c *cobra.Command) {
		has := c.Flags().Lookup("output") != nil && strings.Contains(c.Flags().Lookup("output").Usage, "json")
		if group(c) || has != slices.Contains(without, c.Name()) {
			return
		}
		t.Errorf("%s: has --output json: %t. Commands that list or report have it; the others are in this test", c.CommandPath(), has)
	})
}

// decoded runs a command with --output json and decodes what is on standard output.
func decoded(t *testing.T, into any, args ...string) int {
	t.Helper()
	out, errs, code := executed(t, append(args, "--output", "json")...)
	d := json.NewDecoder(strings.NewReader(out))
	if err := d.Decode(into); err != nil || d.More() || (code == 0) != (errs == "") {
		t.Errorf("%q: %v, exit code %d\n%s%s", args, err, code, out, errs)
	}
	return code
}

func TestHealthAndVersionAsJSON(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	var h healthy
	if code := decoded(t, &h, "health", "--url", s.URL, "--expect", "404"); code != 0 || h != (healthy{s.URL, true, 404, 404, "404 page not found"}) {
		t.Errorf("exit code %d, %+v", code, h)
	}
	if code := decoded(t, &h, "health", "--url", s.URL); code != 1 || h.OK || h.Expected != 200 {
		t.Errorf("exit code %d, %+v", code, h)
	}
	if out, _, code := executed(t, "health", "--url", "::", "-o", "json"); code != 2 || out != "" {
		t.Errorf("exit code %d, %s", code, out)
	}
	var v built
	if code := decoded(t, &v, "version"); code != 0 || v.Version != version || v.OS == "" {
		t.Errorf("exit code %d, %+v", code, v)
	}
}

// Without a Keycloak every step is unknown, which is a report and an error.
func TestCheckAsJSON(t *testing.T) {
	file, _ := configured(t)
	var got []struct {
		Tenant string
		Works  bool
		Steps  []struct{ Step, State, Text string }
	}
	code := decoded(t, &got, "tenant", "check", "--config", file)
	if code != 1 || len(got) != 1 || got[0].Tenant != "acme" || got[0].Works || got[0].Steps[0].State != "unknown" || got[0].Steps[0].Text == "" {
		t.Errorf("exit code %d, %+v", code, got)
	}
	if out, _, code := executed(t, "tenant", "check", "--config", file, "--tenant", "nobody", "-o", "json"); code != 2 || out != "" {
		t.Errorf("exit code %d, %s", code, out)
	}
}

func TestSweepAsJSON(t *testing.T) {
	var out bytes.Buffer
	o := proxy.SweepOptions{DryRun: true}
	reportSweepJSON(&out, &o)
	o.Found("acme", overlay.Finding{ID: "u1", Type: "User", Reason: overlay.Orphan})
	o.Found("acme", overlay.Finding{ID: "p", Reason: overlay.Pending})
	o.Done("acme", overlay.Swept{Seen: 9, Orphans: 1, Pending: 1})
	want := `{"realm":"acme","action":"would remove","type":"User","id":"u1","reason":"the resource is gone in Keycloak"}` + "\n" +
		`{"realm":"acme","action":"kept","id":"p","reason":"the create was begun less than a day ago and has not finished: kept for its retry"}` + "\n" +
		`{"realm":"acme","dryRun":true,"seen":9,"orphans":1,"abandoned":0,"pending":1}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
