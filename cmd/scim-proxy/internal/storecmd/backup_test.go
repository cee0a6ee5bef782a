package storecmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"keycloak-scim-proxy/test/storefile"

	"go.uber.org/zap"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

// serving runs a proxy with the configuration until the test ends.
func serving(t *testing.T, file string) (stop func()) {
	t.Helper()
	cfg, err := configfile.Load(file, adapters.Known)
	if err != nil {
		t.Fatal(err)
	}
	p, err := proxy.New(*cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, done := make(chan net.Addr, 1), make(chan error, 1)
	go func() { done <- p.Run(ctx, func(a net.Addr) { ready <- a }) }()
	select {
	case <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// freeAddress returns an address that is free now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// adds appends lines to a file.
func adds(t *testing.T, file, lines string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(b, lines...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// saves saves records in a store without a proxy.
func saves(t *testing.T, db string, keys []string, ids ...string) {
	t.Helper()
	storefile.Open(t, db, keys, func(g *guard.Engine) {
		for _, id := range ids {
			if _, err := g.Open("realm.acme").Save(t.Context(), id, store.Record{Terms: []string{"t"}, Body: []byte("secret of " + id)}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A backup and a check while a proxy runs, and the same store restored elsewhere.
func TestBackupOfARunningProxy(t *testing.T) {
	file, db := configured(t)
	storefile.Config(t, file, "k1")
	adds(t, file, fmt.Sprintf("listen: %q\nadminListen: %q\n", freeAddress(t), freeAddress(t)))
	saves(t, db, []string{"k1"}, "u1", "u2")
	dir := t.TempDir()
	_, errs, err := run(t, "backup", "--config", file, filepath.Join(dir, "stopped"))
	if err != nil || !strings.HasSuffix(errs, " records\n") {
		t.Fatal(errs, err)
	}
	stop := serving(t, file)
	running := filepath.Join(dir, "running")
	if _, errs, err := run(t, "backup", "--config", file, running); err != nil {
		t.Fatal(errs, err)
	}
	out, _, err := run(t, "check", "--config", file)
	if err != nil || !strings.Contains(out, "space realm.acme: 2 records, ") || !strings.HasSuffix(out, " 0 not sealed, 0 damaged\n") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, _, err := run(t, "restore", "--config", file, "--replace", running); err == nil || !strings.Contains(err.Error(), "stop the proxy before restoring") {
		t.Errorf("restore while it runs: %v", err)
	}
	stop()
	if left, err := filepath.Glob(db + ".*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	b, err := os.ReadFile(running)
	info, err2 := os.Stat(running)
	if err := errors.Join(err, err2); err != nil || bytes.Contains(b, []byte("secret of")) || info.Mode().Perm() != 0o600 {
		t.Errorf("a backup of sealed records: mode %v, %v", info.Mode(), err)
	}
	if _, _, err := run(t, "backup", "--config", file, running); exitCode(err) != 2 || !strings.Contains(err.Error(), "exists: name a new file") {
		t.Errorf("a file that exists: %v", err)
	}

	other, otherDB := configured(t)
	storefile.Config(t, other, "k1")
	if out, _, err := run(t, "restore", "--config", other, running); err != nil || !strings.HasSuffix(out, "restored: start the proxies, or restart those that run\n") {
		t.Fatal(err, out)
	}
	storefile.Open(t, otherDB, []string{"k1"}, func(g *guard.Engine) {
		if got, err := g.Open("realm.acme").Load(t.Context(), "u2"); err != nil || string(got["u2"].Body) != "secret of u2" {
			t.Errorf("%q %v", got["u2"].Body, err)
		}
	})
	if _, _, err := run(t, "restore", "--config", other, running); err == nil || !strings.Contains(err.Error(), "--replace deletes them") {
		t.Errorf("over a store with records: %v", err)
	}
}

// A process that is not the proxy of this configuration has the store open.
func TestNoSnapshot(t *testing.T) {
	file, db := configured(t)
	adds(t, file, fmt.Sprintf("adminListen: %q\n", freeAddress(t)))
	storefile.Open(t, db, nil, func(*guard.Engine) {
		target := filepath.Join(t.TempDir(), "b")
		_, _, err := run(t, "backup", "--config", file, target)
		if err == nil || !strings.Contains(err.Error(), "no backup was made") || !strings.Contains(err.Error(), "stop the proxy first") {
			t.Error(err)
		}
		if left, err := filepath.Glob(target + "*"); err != nil || len(left) > 0 {
			t.Errorf("left behind: %q, %v", left, err)
		}
	})
}

func TestBackupRefuses(t *testing.T) {
	file, db := configured(t)
	for _, name := range []string{"backup", "check"} {
		args := []string{name, "--config", file}
		if name == "backup" {
			args = append(args, "-")
		}
		if out, _, err := run(t, args...); exitCode(err) != 1 || !strings.Contains(err.Error(), "there is no store") || out != "" {
			t.Errorf("%s: %v, %q", name, err, out)
		}
	}
	saves(t, db, nil, "u1")
	out, _, err := run(t, "backup", "--config", file, "-")
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(damaged, []byte(out[:len(out)-7]), 0o600); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := run(t, "restore", "--config", file, "--replace", damaged); err == nil || !strings.Contains(err.Error(), "it is cut short; nothing was changed") {
		t.Error(err)
	}
	if after, err := os.ReadFile(db); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a refused backup changed the store: %v", err)
	}
}

func TestCheckNamesDamage(t *testing.T) {
	file, db := configured(t)
	storefile.Config(t, file, "k1")
	saves(t, db, []string{"k1"}, "u1")
	storefile.Open(t, db, []string{"k1"}, func(g *guard.Engine) {
		if _, err := g.Engine.Open("realm.acme").Save(t.Context(), "bad", store.Record{Body: []byte("\x00sealed\x01")}); err != nil {
			t.Fatal(err)
		}
	})
	out, _, err := run(t, "check", "--config", file)
	if exitCode(err) != 1 || !strings.Contains(err.Error(), "1 records are damaged") || !strings.Contains(out, `space realm.acme: store: unreadable: record "bad" is cut short`) {
		t.Errorf("%v\n%s", err, out)
	}
}
