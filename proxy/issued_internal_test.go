package proxy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/instrument"
	"keycloak-scim-proxy/proxy/issued"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/storetest"
)

// operate carries out a request for tokens, as commands do.
func (f *files) operate(r issued.Request) (a issued.Answer, err error) {
	r.By = "eva"
	return a, control.Call(f.t.Context(), f.Operations()["tokens"], r, func(raw json.RawMessage) error { return json.Unmarshal(raw, &a) })
}

// inMemory puts the tokens of a proxy that are made at run time into a store in memory.
func (f *files) inMemory() *storetest.Memory {
	m := storetest.NewMemory()
	f.spaces = instrument.Store(f.Proxy.metrics.Timings, m)
	old := f.tenants.Roster
	f.openTenants()
	f.tenants.Roster = old
	return m
}

// Tokens that were made at run time are refused and counted like those of files, the log names
// their keys and never their texts, and each change has an entry in the journal.
func TestIssuedTokens(t *testing.T) {
	f := withFiles(t, "acme", "globex")
	core, logs := observer.New(zap.DebugLevel)
	f.sinks[len(f.sinks)-1] = observe.NewLog(zap.New(core))
	h := f.Handler()
	made, err := f.operate(issued.Request{Tenant: "acme", Action: issued.ActionMake, Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	gone, err := f.operate(issued.Request{Tenant: "acme", Action: issued.ActionMake})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.operate(issued.Request{Tenant: "acme", Action: issued.ActionRevoke, ID: gone.Made}); err != nil {
		t.Fatal(err)
	}
	guess, _ := mint(t, "acme", made.Made, "")
	for _, row := range []struct{ name, path, token, want string }{
		{"good", "/scim/v2", made.Text, "200 acme " + made.Made + " <nil>"},
		{"by its own path", "/tenants/acme/scim/v2", made.Text, "200 acme " + made.Made + " <nil>"},
		{"by another path", "/tenants/globex/scim/v2", made.Text, "401  <nil> <nil>"},
		{"revoked", "/scim/v2", gone.Text, "401 acme " + gone.Made + " revoked"},
		{"a guess", "/scim/v2", guess, "401  <nil> <nil>"},
		{"of a file", "/scim/v2", f.tokens["acme"], "200 acme k1 <nil>"},
	} {
		logs.TakeAll()
		r := httptest.NewRequest(http.MethodGet, "http://proxy"+row.path+"/ServiceProviderConfig", nil)
		r.Header.Set("Authorization", "Bearer "+row.token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		line := logs.All()[0].ContextMap()
		if got := fmt.Sprint(w.Code, " ", line["tenant"], " ", line["key"], " ", line["token"]); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
		if text := fmt.Sprint(line); strings.Contains(text, row.token) {
			t.Errorf("%s: the log has the token: %s", row.name, text)
		}
	}
	metrics := f.metrics()
	for _, want := range []string{
		`scim_token_refusals_total{key="` + gone.Made + `",realm="acme-realm",reason="revoked",tenant="acme"} 1`,
		`scim_token_expires_in_seconds{key="` + made.Made + `",realm="acme-realm",tenant="acme"}`,
		`scim_token_last_used_timestamp_seconds{key="` + made.Made + `",realm="acme-realm",tenant="acme"}`,
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
	all, err := f.operate(issued.Request{Tenant: "acme", Action: issued.ActionList})
	if err != nil || len(all.Tokens) != 2 || all.Tokens[0].Used.IsZero() || all.Tokens[0].State != issued.Live || all.Tokens[1].State != issued.Revoked {
		t.Errorf("%+v %v", all, err)
	}
	for verb, n := range map[journal.Action]int{journal.TokenMade: 2, journal.TokenRevoked: 1} {
		found, err := f.journalOf("acme").Find(t.Context(), journal.Query{Verb: string(verb)})
		if err != nil || len(found) != n || found[0].Operator != "eva" {
			t.Errorf("%s: %+v %v", verb, found, err)
		}
	}

	// A file with a key of this id takes it; without the file the tenant has no tokens.
	_, line := mint(t, "acme", made.Made, "")
	f.raw("acme", "tenant: acme\nrealm: acme-realm\nserviceAccount: {clientID: c, secretFile: .secret}\ntokens:\n"+line)
	f.reload()
	f.tokens["made"] = made.Text
	if got := f.status(h, "made"); got != 401 {
		t.Error(got)
	}
	f.remove("acme")
	f.reload()
	if got := f.status(h, "made"); got != 401 {
		t.Error(got)
	}
	f.raw("acme", "tenant: acme\nrealm: next-customer\nserviceAccount: {clientID: c, secretFile: .secret}\n")
	f.reload()
	if got := f.status(h, "made"); got != 401 {
		t.Errorf("%d: the token of a former tenant of this name works in another realm", got)
	}
	f.remove("acme")
	f.reload()
	f.raw("acme", "tenant: acme\nrealm: acme-realm\nserviceAccount: {clientID: c, secretFile: .secret}\n")
	f.reload()
	if got := f.status(h, "made"); got != 200 {
		t.Error(got)
	}
}

// A token of a file costs no reading of tokens that were made at run time. While these cannot be
// read, it works, and others get 503 rather than 401.
func TestIssuedTokensUnread(t *testing.T) {
	f := withFiles(t, "acme")
	m := f.inMemory()
	h := f.Handler()
	made, err := f.operate(issued.Request{Tenant: "acme", Action: issued.ActionMake})
	if err != nil {
		t.Fatal(err)
	}
	f.tokens["made"] = made.Text
	f.tokens["guess"], _ = mint(t, "acme", "k7", "")
	now := time.Now()
	f.now = func() time.Time { return now }
	expect := func(name string, want ...int) {
		t.Helper()
		for i, token := range []string{"acme", "made", "guess"} {
			if got := f.status(h, token); got != want[i] {
				t.Errorf("%s: %s: %d, want %d", name, token, got, want[i])
			}
		}
	}
	reads := 0
	m.OnOp(func(_ context.Context, op storetest.Op) error {
		if op.Tenant == issued.SpaceName {
			reads++
		}
		return nil
	})
	for range 10 {
		if got := f.status(h, "acme"); got != 200 {
			t.Fatal(got)
		}
	}
	if reads != 0 {
		t.Errorf("a token of a file costs %d readings", reads)
	}
	expect("at first", 200, 200, 401)
	m.OnOp(func(ctx context.Context, op storetest.Op) error {
		if op.Tenant == issued.SpaceName {
			return store.Unavailable(ctx, "test", context.DeadlineExceeded)
		}
		return nil
	})
	now = now.Add(5 * time.Second)
	expect("away for 5 seconds", 200, 200, 503)
	now = now.Add(30 * time.Second)
	expect("away for 35 seconds", 200, 503, 503)
	if text := f.ready(); !strings.Contains(text, "made at run time were not read") {
		t.Error(text)
	}
	m.OnOp(nil)
	now = now.Add(issued.Every)
	expect("back", 200, 200, 401)
	if text := f.ready(); strings.Contains(text, "made at run time") {
		t.Error(text)
	}
}
