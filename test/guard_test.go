package test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
	guards "keycloak-scim-proxy/proxy/policy/budget"
	"keycloak-scim-proxy/proxy/storage"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
	"keycloak-scim-proxy/test/redisserver"
)

// guarded is a world with a guard, and two replicas of the proxy that share a store.
type guarded struct {
	*world
	replicas [2]string
	stop     []func()
	n        int
}

func newGuarded(t *testing.T, group bool) *guarded {
	t.Helper()
	var w *world
	if group {
		w, _ = plannedConfined(t)
	} else {
		r := kctest.NewRealm(t)
		w = plannedWorld(t, r, r.Server.URL)
	}
	w.cfg.Store = inRedis(redisserver.Start(t, redisserver.Options{}).Addr)
	file := filepath.Join(t.TempDir(), "urgent.txt")
	if err := os.WriteFile(file, []byte("# leave today\nLEAVER-58@Example.com # by phone\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := config.DefaultGuard()
	g.Urgent, g.UrgentFile = []string{"leaver-59@EXAMPLE.com"}, file
	w.cfg.Tenants[0].Guard, w.cfg.Tenants[0].OnDelete = &g, string(leaver.Park)
	s := &guarded{world: w}
	s.start(t)
	t.Cleanup(s.end)
	return s
}

func (s *guarded) start(t *testing.T) {
	t.Helper()
	for i := range s.replicas {
		url, stop := proxytest.Start(t, s.cfg, zap.NewNop())
		s.replicas[i], s.stop = url, append(s.stop, stop)
	}
	s.proxy = s.replicas[0]
}

func (s *guarded) end() {
	for _, stop := range s.stop {
		stop()
	}
	s.stop = nil
}

// send sends a request to the replicas in turn.
func (s *guarded) send(t *testing.T, method, at, body string) kctest.Reply {
	t.Helper()
	s.n++
	s.proxy = s.replicas[s.n%2]
	req, err := http.NewRequestWithContext(t.Context(), method, s.base()+at, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + s.tenantToken}, "Content-Type": {"application/scim+json"}}
	return s.realm.Do(req)
}

// hire creates users and returns their ids.
func (s *guarded) hire(t *testing.T, n int) (ids []string) {
	t.Helper()
	var ops []string
	for i := range n {
		ops = append(ops, fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"b%[1]d","data":{"userName":"leaver-%[1]d@example.com","active":true,"name":{"givenName":"F","familyName":"L"},"emails":[{"value":"leaver-%[1]d@example.com"}]}}`, i))
	}
	a := s.send(t, "POST", "/Bulk", bulkRequest(ops...))
	for _, op := range gjson.GetBytes(a.Body, "Operations.#.location").Array() {
		ids = append(ids, op.String()[strings.LastIndexByte(op.String(), '/')+1:])
	}
	if len(ids) != n || strings.Contains(string(a.Body), `"status":"4`) {
		t.Fatalf("%s", a.Body)
	}
	return ids
}

func patched(operation string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operation + `]}`
}

// leave ends the access of the user i, each as another provider does.
func (s *guarded) leave(t *testing.T, ids []string, i int) kctest.Reply {
	t.Helper()
	user := "/Users/" + ids[i]
	switch i % 5 {
	case 0: // Entra
		return s.send(t, "PATCH", user, patched(`{"op":"Replace","path":"active","value":"False"}`))
	case 1: // Okta
		return s.send(t, "PATCH", user, patched(`{"op":"replace","value":{"active":false}}`))
	case 2: // OneLogin
		name := fmt.Sprintf("leaver-%d@example.com", i)
		return s.send(t, "PUT", user, strings.Replace(userBody(name), `"active":true`, `"active":false`, 1))
	case 3:
		return s.send(t, "DELETE", user, "")
	}
	a := s.send(t, "POST", "/Bulk", bulkRequest(`{"method":"PATCH","path":"`+user+`","data":`+patched(`{"op":"replace","path":"active","value":false}`)+`}`))
	op := gjson.GetBytes(a.Body, "Operations.0")
	return kctest.Reply{Status: int(op.Get("status").Int()), Body: []byte(op.Get("response").Raw)}
}

// active are the users that are enabled in Keycloak, of all.
func (s *guarded) active(ids []string) (n int) {
	for _, id := range ids {
		if gjson.GetBytes(s.realm.Admin("GET", "/users/"+id, "").Body, "enabled").Bool() {
			n++
		}
	}
	return n
}

// operate works with the guard as the command does.
func (s *guarded) operate(t *testing.T, r guards.Request) guards.State {
	t.Helper()
	e, err := storage.Open(t.Context(), s.cfg.Store, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	r.Tenant = "acme"
	st, err := guards.Operate{Space: e.Open(guards.SpaceName), Tenant: r.Tenant, Window: time.Hour, Now: time.Now}.Do(t.Context(), r)
	if err = errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	return st
}

// Of 60 users, the access of 20 may end, however it is requested and through whichever replica. The
// others are held, with nothing changed, also after a restart, until the guard is released. Urgent
// names pass.
func TestGuard(t *testing.T) {
	for _, group := range []bool{false, true} {
		t.Run(fmt.Sprintf("group=%t", group), func(t *testing.T) {
			s := newGuarded(t, group)
			ids := s.hire(t, 60)
			for i := range 30 {
				a := s.leave(t, ids, i)
				if held := a.Status == http.StatusTooManyRequests; held != (i >= 20) || !held && a.Status >= 300 {
					t.Errorf("user %d: %d %s", i, a.Status, a.Body)
				}
				if detail := gjson.GetBytes(a.Body, "detail").String(); i >= 20 && !strings.Contains(detail, "scim-proxy guard acme release") {
					t.Errorf("%s", a.Body)
				}
			}
			if n := s.active(ids); n != 40 {
				t.Errorf("%d users are active", n)
			}
			if st := s.operate(t, guards.Request{Action: guards.ActionStatus}); st.State != guards.Holding || st.Counted != 20 || st.HeldUsers != 10 {
				t.Errorf("%+v", st)
			}
			s.end()
			s.start(t)
			if a := s.leave(t, ids, 40); a.Status != http.StatusTooManyRequests {
				t.Errorf("after a restart: %d %s", a.Status, a.Body)
			}
			for _, i := range []int{58, 59} {
				if a := s.leave(t, ids, i); a.Status >= 300 {
					t.Errorf("urgent: %d %s", a.Status, a.Body)
				}
			}
			if a := s.send(t, "PATCH", "/Users/"+ids[45], patched(`{"op":"replace","path":"title","value":"CTO"}`)); a.Status >= 300 {
				t.Errorf("a change that ends no access: %d %s", a.Status, a.Body)
			}
			s.operate(t, guards.Request{Action: guards.ActionRelease, Until: time.Now().Add(time.Hour), By: "test"})
			for i := 20; i < 30; i++ {
				if a := s.leave(t, ids, i); a.Status >= 300 {
					t.Errorf("released, user %d: %d %s", i, a.Status, a.Body)
				}
			}
			if n := s.active(ids); n != 28 {
				t.Errorf("%d users are active", n)
			}
		})
	}
}

// A group keeps its members, however they would be removed.
func TestGuardOfMembers(t *testing.T) {
	s := newGuarded(t, false)
	ids := s.hire(t, 60)
	list := func(ids []string) string { return `[{"value":"` + strings.Join(ids, `"},{"value":"`) + `"}]` }
	made := s.send(t, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Sales","members":`+list(ids)+`}`)
	group := "/Groups/" + gjson.GetBytes(made.Body, "id").String()
	members := func() int64 { return gjson.GetBytes(s.send(t, "GET", group, "").Body, "members.#").Int() }
	remove := func(from, to int) string {
		return patched(`{"op":"remove","path":"members","value":` + list(ids[from:to]) + `}`)
	}
	for what, row := range map[string][2]string{
		"all":       {"PATCH", patched(`{"op":"remove","path":"members"}`)},
		"named":     {"PATCH", remove(0, 51)},
		"replaced":  {"PUT", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Sales","members":` + list(ids[:2]) + `}`},
		"the group": {"DELETE", ""},
	} {
		if a := s.send(t, row[0], group, row[1]); a.Status != http.StatusTooManyRequests || !strings.Contains(string(a.Body), "group Sales") {
			t.Errorf("%s: %d %s", what, a.Status, a.Body)
		}
		if n := members(); n != 60 {
			t.Errorf("%s: %d members are left", what, n)
		}
	}
	s.operate(t, guards.Request{Action: guards.ActionRelease, Until: time.Now().Add(time.Hour), By: "test"})
	s.operate(t, guards.Request{Action: guards.ActionClose, By: "test"})
	if a := s.send(t, "PATCH", group, remove(0, 50)); a.Status >= 300 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := s.send(t, "PATCH", group, remove(50, 51)); a.Status != http.StatusTooManyRequests || members() != 10 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// In a bulk request each operation counts, and operations at the same time do not pass the limit.
func TestGuardOfBulk(t *testing.T) {
	s := newGuarded(t, false)
	ids := s.hire(t, 60)
	var ops []string
	for _, id := range ids[:50] {
		ops = append(ops, `{"method":"DELETE","path":"/Users/`+id+`"}`)
	}
	statuses := map[string]int{}
	a := s.send(t, "POST", "/Bulk", bulkRequest(ops...))
	for _, status := range gjson.GetBytes(a.Body, "Operations.#.status").Array() {
		statuses[status.String()]++
	}
	if n := s.active(ids); statuses["204"] != 20 || statuses["429"] != 30 || len(statuses) != 2 || n != 40 {
		t.Errorf("%v, %d users are active", statuses, n)
	}
}
