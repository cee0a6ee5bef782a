package test

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

var certifyPage = flag.String("certify", "", "check all profiles, natively too, and write the tables into this file")

// certified is the JSON of `scim-proxy certify`.
type certified struct {
	Results []requirement
	Left    []string
}

type requirement struct {
	ID, Profile, Clause, Text, Level, State, Why string
	Failure                                      struct{ Sent, Expected, Shown string }
}

// candidate is a SCIM server to certify, in a realm of its own.
type candidate struct {
	name, url, token string
	realm            *kctest.Realm
}

// candidates are Keycloak alone, and the proxy with a tolerant and a strict tenant.
func candidates(t *testing.T) []candidate {
	t.Helper()
	all := []candidate{}
	for _, name := range []string{"native", "tolerant", "strict"} {
		r := kctest.NewRealm(t)
		w := plannedWorld(t, r, r.Server.URL)
		c := candidate{name, r.Server.URL + "/realms/" + r.Name + "/scim/v2", r.Token("scim", w.secret), r}
		if name != "native" {
			w.cfg.Tenants[0].Profile = name
			w.cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
			c.url, c.token = proxytest.Serve(t, w.cfg)+"/scim/v2", w.tenantToken
		}
		all = append(all, c)
	}
	return all
}

// certify runs the command, and fails the test if something is left behind.
func (c candidate) certify(t *testing.T, binary string, profiles ...string) certified {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(c.token), 0o600); err != nil {
		t.Fatal(err)
	}
	before := c.content()
	args := []string{"certify", "--url", c.url, "--token-file", token, "--output", "json"}
	for _, p := range profiles {
		args = append(args, "--profile", p)
	}
	cmd := exec.Command(binary, args...)
	var progress strings.Builder
	cmd.Stderr = &progress
	out, err := cmd.Output()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		t.Fatal(err)
	}
	var r certified
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%s: %v: %s%s", c.name, err, out, progress.String())
	}
	if after := c.content(); len(r.Left) > 0 || after != before {
		t.Errorf("%s: %v could not be removed; before %s, after %s", c.name, r.Left, before, after)
	}
	if strings.Contains(string(out)+progress.String(), c.token) {
		t.Errorf("%s: the output has the token", c.name)
	}
	return r
}

// content is what a realm has.
func (c candidate) content() string {
	return "users " + string(c.realm.Admin("GET", "/users/count", "").Body) + ", groups " + gjson.GetBytes(c.realm.Admin("GET", "/groups/count", "").Body, "count").String()
}

// The proxy meets what docs/conformance.md says. With -certify the test writes the tables of that
// page.
func TestCertify(t *testing.T) {
	binary := proxytest.Build(t)
	all, profiles := candidates(t), []string{"core", "ipsie-al2"}
	if *certifyPage != "" {
		profiles = append(profiles, "entra", "okta")
	} else {
		all = all[1:]
	}
	results := make([]certified, len(all))
	var running sync.WaitGroup
	for i, c := range all {
		running.Go(func() { results[i] = c.certify(t, binary, profiles...) })
	}
	running.Wait()
	if *certifyPage != "" {
		writeCertificate(t, *certifyPage, results)
		return
	}
	known := knownDeviations(t, "../docs/conformance.md")
	for i, c := range all {
		if len(results[i].Results) < 150 {
			t.Errorf("%s: only %d results", c.name, len(results[i].Results))
		}
		for _, q := range results[i].Results {
			if q.State == "fail" && !known[c.name+" "+q.ID] {
				t.Errorf("%s: %s (%s, %s) fails, and docs/conformance.md does not say so; sent %s; expected %s; shown %s",
					c.name, q.ID, q.Clause, q.Level, q.Failure.Sent, q.Failure.Expected, q.Failure.Shown)
			}
		}
	}
}

// A run that is interrupted removes what it made.
func TestCertifyInterrupted(t *testing.T) {
	c := candidates(t)[1]
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(c.token), 0o600); err != nil {
		t.Fatal(err)
	}
	before := c.content()
	cmd := exec.Command(proxytest.Build(t), "certify", "--url", c.url, "--token-file", token)
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(progress)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "50 of ") { // then there are users and groups
	}
	if during := c.content(); during == before {
		t.Errorf("the run has made nothing: %s", during)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, progress)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(out.String(), "The run was interrupted.") {
		t.Errorf("%v\n%s", err, out.String())
	}
	if after := c.content(); after != before {
		t.Errorf("before %s, after %s", before, after)
	}
}
