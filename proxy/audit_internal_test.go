package proxy

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
)

// audited is a proxy with an audit log.
func audited(t *testing.T, tenants func(*config.Config)) (p *Proxy, log func() []map[string]any) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "audit.log")
	cfg := config.DropInOnly("http://127.0.0.1:1", filepath.Join(t.TempDir(), "store.db"))
	cfg.Audit = &config.Audit{File: file}
	tenants(&cfg)
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, func() (all []map[string]any) {
		t.Helper()
		if err := p.audit.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			var e map[string]any
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			all = append(all, e)
		}
		return all
	}
}

// Each write of a drop-in caller has a line with its outcome, also if Keycloak refuses it; reads
// and requests that cannot be read have none. A line has the id of its request.
func TestAuditOfDropIn(t *testing.T) {
	k := newFakeKeycloak(t)
	p, log := audited(t, func(c *config.Config) { c.Keycloak.URL = k.URL })
	h, token := p.Handler(), k.token("ada", time.Now().Add(time.Hour))
	ids := map[string]bool{}
	for _, q := range [][3]string{
		{"GET", "/Users", ""},
		{"POST", "/Users", "broken"},
		{"POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"grace"}`},
		{"DELETE", "/Users/5b0e8c3e-0000-0000-0000-000000000001", ""},
	} {
		r := httptest.NewRequest(q[0], "/realms/r/scim/v2"+q[1], strings.NewReader(q[2]))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		ids[w.Header().Get("X-Request-Id")] = true
	}
	got, written := map[string]int{}, map[any]bool{}
	for _, e := range log() {
		got[fmt.Sprint(e["tenant"], " ", e["realm"], " ", e["subject"], " ", e["key"], " ", e["call"], " ", e["type"], " ", e["id"], " ", e["name"], " ", e["status"])]++
		id, _ := e["request"].(string)
		if written[id] = true; !ids[id] {
			t.Errorf("no request has the id of %v", e)
		}
	}
	want := map[string]int{}
	for _, s := range []string{
		"create User <nil> grace 403", "delete User 5b0e8c3e-0000-0000-0000-000000000001 <nil> 403",
	} {
		want["realm:r r ada <nil> "+s]++
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(written) != 2 {
		t.Errorf("%v\nwant %v", got, want)
	}
}

// A write of a tenant has the key, and each operation of a bulk request has a line. SIGHUP lets the
// log go on in a new file.
func TestAuditOfATenant(t *testing.T) {
	f := withFiles(t, "acme")
	file := filepath.Join(t.TempDir(), "audit.log")
	cfg := f.cfg
	cfg.Audit, cfg.Store.Embedded = &config.Audit{File: file}, &config.Embedded{Path: filepath.Join(t.TempDir(), "store.db")}
	p, err := New(cfg, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	h := p.Handler()
	const one = `{"method":"DELETE","path":"/Users/5b0e8c3e-0000-0000-0000-00000000000%d"}`
	send := func() {
		body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + fmt.Sprintf(one+","+one, 1, 2) + `]}`
		r := httptest.NewRequest("POST", "/scim/v2/Bulk", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+f.tokens["acme"])
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	lines := func(path string) int {
		b, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Count(string(b), `"tenant":"acme","realm":"acme-realm","key":"k1","request":"`)
	}
	for send(); lines(file) < 2; { //nolint:revive // the line is written in the background
	}
	if err := os.Rename(file, file+".1"); err != nil {
		t.Fatal(err)
	}
	p.Reload()
	for lines(file) == 0 {
		send()
	}
	if !strings.Contains(f.metrics(), "scim_audit_lines_lost_total 0\n") {
		t.Error("no metric of lost lines")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	cfg.Audit = &config.Audit{File: filepath.Join(t.TempDir(), "none", "audit.log")}
	if _, err := New(cfg, zap.NewNop()); err == nil || !strings.Contains(err.Error(), "audit") {
		t.Errorf("a log that cannot be opened: %v", err)
	}
}
