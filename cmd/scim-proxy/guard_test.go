package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/journaling"
	"keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/scim"
)

// tripped makes a store whose guard of acme holds one of 21 changes.
func tripped(t *testing.T, db string) {
	t.Helper()
	e, err := opened(t.Context(), config.Store{Embedded: &config.Embedded{Path: db}})
	if err != nil {
		t.Fatal(err)
	}
	g := budget.New(budget.Options{
		Space: e.Open(budget.SpaceName), Tenant: "acme", Window: time.Hour, Users: budget.Limit{Count: 20}, Now: time.Now, Turns: budget.NewTurns(),
		Urgent: func(string) bool { return false },
	})
	allow := g.Allow(budget.Sight{Users: func(context.Context) (int, error) { return 30, nil }})
	for i := range 21 {
		id := string(rune('a' + i))
		err = allow(t.Context(), journaling.Effect{Ref: scim.Ref{Type: scim.User, ID: id}, Name: id, Deletes: true})
	}
	if scim.Status(err) != 429 {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestGuardCommand(t *testing.T) {
	file, db := configured(t)
	tripped(t, db)
	var s budget.State
	run := func(args ...string) budget.State {
		t.Helper()
		s = budget.State{}
		if code := decoded(t, &s, append([]string{"guard", "acme", "--config", file}, args...)...); code != 0 {
			t.Errorf("%q: exit code %d", args, code)
		}
		return s
	}
	if s := run("status"); s.State != budget.Holding || s.Counted != 20 || s.HeldUsers != 1 || s.Since.IsZero() {
		t.Errorf("%+v", s)
	}
	if out, errs, code := executed(t, "guard", "acme", "status", "--config", file); code != 0 || !strings.Contains(out, "holds changes since") || !strings.Contains(out, "scim-proxy guard acme release") {
		t.Errorf("%d %s%s", code, out, errs)
	}
	if s := run("release", "--for", "2h"); s.State != budget.Released || !strings.Contains(s.By, "@") || time.Until(s.Until) > 2*time.Hour || time.Until(s.Until) < time.Hour {
		t.Errorf("%+v", s)
	}
	if out, _, code := executed(t, "guard", "acme", "status", "--config", file); code != 0 || !strings.Contains(out, "is released until") {
		t.Errorf("%d %s", code, out)
	}
	if s := run("close"); s.State != budget.Open || s.HeldUsers != 0 {
		t.Errorf("%+v", s)
	}
}

func TestGuardRefuses(t *testing.T) {
	file, db := configured(t)
	e, err := opened(t.Context(), config.Store{Embedded: &config.Embedded{Path: db}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	for _, row := range []struct {
		args string
		code int
		want string
	}{
		{"acme", 2, "is missing"},
		{"acme open", 2, `"open" is not one of status, release, close`},
		{"acme release", 2, "--for"},
		{"acme release --for soon", 2, `"soon" is not a time`},
		{"acme status --for 2h", 2, "--for is for release"},
		{"nobody status", 2, "nobody"},
		{"acme status", 1, "another process has the embedded store open"},
	} {
		_, errs, code := executed(t, append([]string{"guard", "--config", file}, strings.Fields(row.args)...)...)
		if code != row.code || !strings.Contains(errs, row.want) {
			t.Errorf("%s: exit code %d, %s", row.args, code, errs)
		}
	}
	if _, _, code := executed(t, "guard", "acme", "status", "--config", filepath.Join(t.TempDir(), "none.yaml")); code != 2 {
		t.Error(code)
	}
}
