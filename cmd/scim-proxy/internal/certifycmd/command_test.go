package certifycmd_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/certifytest"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certifycmd"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
)

// run runs the command with the token on standard input.
func run(args ...string) (out, progress string, err error) {
	c := certifycmd.Env{Read: func(_ string, in io.Reader) (string, error) {
		b, err := io.ReadAll(in)
		return string(b), err
	}, TokenUsage: "token", Known: func(string) bool { return true }, Now: time.Now}.Command()
	var o, p strings.Builder
	c.SetOut(&o)
	c.SetErr(&p)
	c.SetIn(strings.NewReader(certifytest.Token))
	c.SetArgs(args)
	c.SilenceErrors, c.SilenceUsage = true, true
	err = c.Execute()
	return o.String(), p.String(), err
}

func TestCommand(t *testing.T) {
	t.Parallel()
	s := certifytest.New(t, false)
	out, progress, err := run("--url", s.URL, "--profile", "okta", "--output", "json")
	var r certify.Report
	if jsonErr := json.Unmarshal([]byte(out), &r); err != nil || jsonErr != nil || !r.OK || r.Counted("okta").Pass != len(r.Results) || !strings.Contains(progress, "20 of 20") {
		t.Errorf("%v, %v, %s\n%s", err, jsonErr, progress, out)
	}
	for output, begins := range map[string]string{"text": s.URL, "markdown": "# SCIM requirements", "html": "<!DOCTYPE html>"} {
		if out, _, err := run("--url", s.URL, "--profile", "okta", "--output", output); err != nil || !strings.HasPrefix(out, begins) {
			t.Errorf("%s: %v\n%s", output, err, out)
		}
	}
}

// A failed requirement of the level must is an error, after the report.
func TestFailed(t *testing.T) {
	t.Parallel()
	s := certifytest.New(t, false)
	s.Break(certifytest.Answers(func(x *certifytest.Exchange) {
		if x.Method == "DELETE" && x.Status == 204 {
			x.Status = 404
		}
	}))
	out, _, err := run("--url", s.URL, "--profile", "okta")
	if err == nil || !strings.Contains(err.Error(), "1 requirements") || !strings.Contains(out, "FAIL  okta.group-delete") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{}, {"--url", "scim.example.com"}, {"--url", "ftp://x"}, {"--url", "https://u:p@x"}, {"--url", "https://x?a=b"},
		{"--url", "https://x", "--profile", "al9"}, {"--url", "https://x", "--timeout", "0s"}, {"--url", "https://x", "--output", "yaml"}, {"--url", "https://x", "--ca-file", "/nowhere"},
	} {
		if _, _, err := run(args...); !isUsage(err) {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func isUsage(err error) bool {
	_, ok := errors.AsType[cli.UsageError](err)
	return ok
}
