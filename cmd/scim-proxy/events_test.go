package main

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/proxy/store/embedded"
)

// undelivered writes a configuration with receivers, and a store with an event that waits for siem
// and one that is dead.
func undelivered(t *testing.T) (file, db string) {
	t.Helper()
	dir := t.TempDir()
	file, db = filepath.Join(dir, "config.yaml"), filepath.Join(dir, "store.db")
	const text = "keycloak: {url: \"http://127.0.0.1:1\"}\nstore: {embedded: {path: store.db}}\ndropIn: {enabled: true}\nevents:\n  receivers:\n" +
		"    - {name: siem, allTenants: true, webhook: {url: \"http://127.0.0.1:1\", secretFile: secret}}\n" +
		"    - {name: crm, tenants: [acme], webhook: {url: \"http://127.0.0.1:1\", secretFile: secret}}\n"
	for name, content := range map[string]string{file: text, filepath.Join(dir, "secret"): strings.Repeat("s", 32)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	engine, err := storage.Open(t.Context(), config.Store{Embedded: &config.Embedded{Path: db}}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = engine.Close() }()
	l := journal.New(journal.Options{Space: engine.Open("journal.saas"), Now: time.Now, NewID: rand.Text, Outbox: func(string) []string { return []string{"siem"} }})
	for _, id := range []string{"u1", "u2"} {
		e := journal.Entry{Who: journal.Who{Tenant: "acme"}, Request: "r-" + id, Verb: "delete", Type: scim.User, Target: id}
		if err := l.Begin(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		e.State = journal.Done
		if err := l.Settle(t.Context(), &e); err != nil {
			t.Fatal(err)
		}
		if id == "u2" {
			if ok, err := l.Buried(context.Background(), e.ID, "siem", "the receiver answered 410"); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
	}
	return file, db
}

func TestEventCommands(t *testing.T) {
	file, db := undelivered(t)
	run := func(code int, want string, args ...string) string {
		t.Helper()
		out, errs, got := executed(t, append(append([]string{"events"}, args...), "--config", file)...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Errorf("%q: exit code %d, %s%s", args, got, out, errs)
		}
		return out
	}
	if out := run(0, "receiver siem: 1 events", "list"); !strings.Contains(out, "delete  User u1") || !strings.Contains(out, "receiver crm: 0 events") || strings.Contains(out, "u2") {
		t.Error(out)
	}
	if out := run(1, "1 events could not be delivered", "dead"); !strings.Contains(out, "User u2  the receiver answered 410") {
		t.Error(out)
	}
	run(0, "receiver crm: 0 events", "dead", "--receiver", "crm")
	for want, args := range map[string][]string{
		`there is no receiver "none"`: {"list", "--receiver", "none"},
		"--receiver is required":      {"retry", "--all"},
		"give --id of an event":       {"retry", "--receiver", "siem"},
		"--limit":                     {"list", "--limit", "0"},
	} {
		run(2, want, args...)
	}
	run(1, "no dead letter with this id", "retry", "--receiver", "siem", "--id", "x")
	var all []receiverJSON
	if code := decoded(t, &all, "events", "dead", "--receiver", "siem", "--config", file); code != 1 || len(all) != 1 || all[0].Count != 1 {
		t.Fatalf("%d %+v", code, all)
	}
	locked, err := embedded.Open(db, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	run(1, "another process has the embedded store open", "list")
	if err := locked.Close(); err != nil {
		t.Fatal(err)
	}
	run(0, "1 events are sent again", "retry", "--receiver", "siem", "--id", all[0].Events[0].ID)
	run(0, "receiver siem: 2 events", "list")
	run(0, "receiver siem: 0 events", "dead")
	run(0, "0 events are sent again", "retry", "--receiver", "siem", "--all")
}

type receiverJSON struct {
	Receiver string
	Count    int
	Events   []struct{ ID string }
}
