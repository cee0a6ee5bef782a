package proxy

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/proxy/tokens"
)

// files is a proxy over a directory with the files of tenants.
type files struct {
	*Proxy
	t      testing.TB
	dir    string
	tokens map[string]string // by tenant
	hashes map[string]string
	logs   *observer.ObservedLogs
	up     *recorder
}

func withFiles(t testing.TB, names ...string) *files {
	t.Helper()
	f := &files{t: t, dir: t.TempDir(), tokens: map[string]string{}, hashes: map[string]string{}, up: newRecorder(t)}
	f.up.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/token") {
			_, _ = w.Write([]byte(`{"access_token":"x.e30.x","expires_in":600}`))
			return
		}
		_, _ = w.Write([]byte(`{"totalResults":0,"attributes":[]}`))
	}
	if err := os.WriteFile(filepath.Join(f.dir, ".secret"), []byte("s"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f.write(name, "")
	}
	cfg := config.DropInOnly(f.up.URL, filepath.Join(t.TempDir(), "store.db"))
	cfg.TenantsDir, cfg.Limits.Rate = f.dir, unlimited
	var wrong configfile.Problems
	if cfg.Tenants, wrong = configfile.LoadTenants(f.dir, adapters.Known); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	core, logs := observer.New(zap.InfoLevel)
	var err error
	if f.Proxy, err = New(cfg, zap.New(core)); err != nil {
		t.Fatal(err)
	}
	f.logs = logs
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// write writes the file of a tenant with a token of its own, and more lines.
func (f *files) write(name, more string) {
	f.t.Helper()
	if f.tokens[name] == "" {
		token, err := tokens.Mint(rand.Reader, name, "k1")
		if err != nil {
			f.t.Fatal(err)
		}
		sum := token.SHA256()
		f.tokens[name], f.hashes[name] = token.Reveal(), hex.EncodeToString(sum[:])
	}
	f.raw(name, fmt.Sprintf("tenant: %s\nrealm: %s-realm\nserviceAccount: {clientID: c, secretFile: .secret}\ntokens: [{id: k1, sha256: %q}]\n%s", name, name, f.hashes[name], more))
}

func (f *files) raw(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, name+".yaml"), []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f *files) remove(name string) {
	f.t.Helper()
	if err := os.Remove(filepath.Join(f.dir, name+".yaml")); err != nil {
		f.t.Fatal(err)
	}
}

func (f *files) status(h http.Handler, name string) int {
	r := httptest.NewRequest(http.MethodGet, "http://proxy/scim/v2/Users?count=1", nil)
	r.Header.Set("Authorization", "Bearer "+f.tokens[name])
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func (f *files) ready() string {
	w := httptest.NewRecorder()
	f.adminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	return fmt.Sprint(w.Code, " ", w.Body)
}

func (f *files) metrics() string {
	w := httptest.NewRecorder()
	f.adminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// Tenants come, change and go with their files. Those that have not changed are the same as before,
// and a place has one scope, whoever serves it.
func TestReload(t *testing.T) {
	f := withFiles(t, "acme", "globex")
	h := f.Handler()
	acme, globex := f.tenants.each()[0], f.tenants.each()[1]
	if f.reload(); f.tenants.each()[0] != acme || f.logs.FilterMessage("tenants were reloaded").Len() > 0 {
		t.Error("a reload of the same files changes tenants")
	}
	unchanged := func() int { return f.logs.FilterMessage("no tenant has changed").Len() }
	if unchanged() != 0 {
		t.Error("a reload that nobody asked for says that nothing has changed")
	}
	f.Reload()
	f.reload()
	f.reload()
	if unchanged() != 1 {
		t.Errorf("a reload that was asked for says %d times that nothing has changed", unchanged())
	}
	statuses := func(name, want string) {
		t.Helper()
		got := fmt.Sprint(f.status(h, "acme"), " ", f.status(h, "globex"), " ", f.status(h, "new"))
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	statuses("at first", "200 200 401")
	f.write("new", "")
	f.write("globex", "membersShown: 7\n")
	f.reload()
	statuses("added and changed", "200 200 200")
	now, _ := f.tenants.Now().Of("globex")
	if again, _ := f.tenants.Now().Of("acme"); again != acme || now == globex || now.scope != globex.scope || now.plan.writing.MembersShown != 7 {
		t.Error("tenants that have not changed were made again, or a place has two scopes")
	}
	f.raw("globex", "tenant: [")
	if !f.reload() {
		t.Error("a file is wrong, and nobody looks again")
	}
	statuses("a wrong file", "200 200 200")
	if text := f.ready(); !strings.HasPrefix(text, "200 ") || !strings.Contains(text, "globex.yaml:1:") || !strings.Contains(f.metrics(), "scim_tenant_files_wrong 1\n") {
		t.Errorf("%s\n%s", text, f.metrics())
	}
	f.remove("new")
	f.remove("acme")
	f.reload()
	statuses("removed, beside a wrong file", "401 200 401")
	if len(f.realms.Completions()) != 1 || len(f.monitor.Status()) != 1 {
		t.Errorf("%d indexes are completed, %d tenants are watched", len(f.realms.Completions()), len(f.monitor.Status()))
	}
	f.write("globex", "")
	f.write("acme", "")
	f.reload()
	statuses("back again", "200 200 401")
	if back, _ := f.tenants.Now().Of("acme"); back.scope != acme.scope || len(f.realms.Completions()) != 2 {
		t.Error("a place that is served again has a second scope, or its index is not completed")
	}
	if text := f.ready(); strings.Contains(text, "wrong") || f.logs.FilterMessage("no tenant's file is wrong any more").Len() != 1 {
		t.Error(text)
	}
	if n := f.logs.FilterMessage("a tenant's file is wrong: its tenant stays as it was").Len(); n != 2 { // once, and again with the removal
		t.Errorf("%d lines for a wrong file", n)
	}
}

// A request that has found its tenant finishes with it, although the tenant was removed meanwhile.
func TestRequestOutlivesItsTenant(t *testing.T) {
	f := withFiles(t, "acme")
	h := f.Handler()
	answer, arrived, hold := f.up.answer, make(chan struct{}), make(chan struct{})
	var once sync.Once
	f.up.answer = func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/scim/v2/Users") {
			once.Do(func() { close(arrived) })
			<-hold
		}
		answer(w, r)
	}
	done := make(chan int)
	go func() { done <- f.status(h, "acme") }()
	<-arrived
	f.remove("acme")
	f.reload()
	if status := f.status(h, "acme"); status != http.StatusUnauthorized {
		t.Errorf("after the removal: %d", status)
	}
	close(hold)
	if status := <-done; status != http.StatusOK {
		t.Errorf("the request from before: %d", status)
	}
}

// Whether the account is confined to its group is asked again if the tenant has another account.
func TestChangedAccountIsLookedAt(t *testing.T) {
	f := withFiles(t)
	answer := f.up.answer
	f.up.answer = func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/group-by-path/"):
			_, _ = w.Write([]byte(`{"id":"g","name":"acme"}`))
		case strings.HasSuffix(r.URL.Path, "/children"), strings.HasSuffix(r.URL.Path, "/members"):
			_, _ = w.Write([]byte(`[]`))
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/Users"), strings.Contains(r.URL.Path, "/users/"):
			w.WriteHeader(http.StatusForbidden)
		default:
			answer(w, r)
		}
	}
	h := f.Handler()
	for i, row := range []struct {
		more  string
		asked int
	}{{"group: acme\n", 1}, {"group: acme\n", 0}, {"group: acme\nmembersShown: 7\n", 1}} {
		f.write("acme", row.more)
		f.reload()
		f.up.take()
		f.status(h, "acme")
		if n := strings.Count(f.up.targets(), "/group-by-path/"); n != row.asked {
			t.Errorf("%d: asked %d times for the group, want %d", i, n, row.asked)
		}
	}
}

// A thousand reloads under load lose no request.
func TestReloadsUnderLoad(t *testing.T) {
	f := withFiles(t, "acme", "globex")
	f.write("new", "")
	h := f.Handler()
	var stop atomic.Bool
	var sent, lost atomic.Int64
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for !stop.Load() {
				if status := f.status(h, []string{"acme", "globex"}[i%2]); status != http.StatusOK {
					t.Errorf("answered %d", status)
					lost.Add(1)
				}
				sent.Add(1)
			}
		})
	}
	for i := range 1000 {
		switch f.write("globex", fmt.Sprintf("membersShown: %d\n", i)); i % 4 {
		case 1:
			f.raw("wrong", "tenant: [")
		case 2:
			f.write("new", "")
		case 3:
			f.remove("new")
			f.remove("wrong")
		}
		f.reload()
	}
	stop.Store(true)
	all.Wait()
	if now, _ := f.tenants.Now().Of("globex"); sent.Load() == 0 || lost.Load() > 0 || now.plan.writing.MembersShown != 999 {
		t.Errorf("%d of %d requests were lost; the last reload is in effect: %d", lost.Load(), sent.Load(), now.plan.writing.MembersShown)
	}
	if n := f.logs.FilterMessage("tenants were reloaded").Len(); n != 1000 {
		t.Errorf("%d reloads", n)
	}
}
