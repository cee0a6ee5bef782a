package test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/test/corpus"
)

// pool makes standing users and groups of a group tenant as an administrator, which is faster than
// the tenant's own account. It does nothing for a tenant of a whole realm.
type pool struct {
	free []string // groups of the pool
	made []string // users and groups of which the proxy keeps nothing
}

// mostGroups is how many groups a case may need.
const mostGroups = 10

// refill fills the pool up before it is empty: groups that are deleted do not become free again.
func (p *pool) refill(w *world) {
	if w.group == nil {
		return
	}
	for p.look(w); len(p.free) < mostGroups; p.look(w) {
		w.realm.Refill(w.group, 3*mostGroups)
	}
}

// look reads which groups are free, and returns the others.
func (p *pool) look(w *world) (taken []string) {
	p.free = nil
	for _, g := range gjson.ParseBytes(w.realm.Admin("GET", "/groups/"+w.group.Group+"/children?max=1000", "").Body).Array() {
		switch id, name := g.Get("id").String(), g.Get("name").String(); {
		case tenantgroup.Free(name):
			p.free = append(p.free, id)
		case !tenantgroup.Hidden(name):
			taken = append(taken, id)
		}
	}
	return taken
}

// user makes a user with the names and the state of a SCIM resource.
func (p *pool) user(w *world, text string) string {
	get := func(path string) string { return gjson.Get(text, path).String() }
	body, _ := json.Marshal(map[string]any{
		"username": get("userName"), "firstName": get("name.givenName"), "lastName": get("name.familyName"), "enabled": true, "groups": []string{w.group.Path},
	})
	id := w.realm.Made(w.realm.Admin("POST", "/users", string(body)))
	p.made = append(p.made, id)
	return id
}

// clearGroup deletes all users and groups of the tenant: those of which the proxy keeps nothing as
// an administrator, the others through the proxy.
func (s *stage) clearGroup(t testing.TB) {
	t.Helper()
	members := s.w.realm.Admin("GET", "/groups/"+s.w.group.Group+"/members?max=1000&briefRepresentation=true", "")
	var users []string
	for _, id := range gjson.GetBytes(members.Body, "#.id").Array() {
		users = append(users, id.String())
	}
	for kind, ids := range map[string][]string{"Users": users, "Groups": s.pool.look(s.w)} {
		for _, id := range ids {
			path, status := "/"+kind+"/"+id, 0
			if slices.Contains(s.pool.made, id) {
				status = s.w.realm.Admin("DELETE", map[string]string{"Users": "/users/", "Groups": "/groups/"}[kind]+id, "").Status
			} else {
				status = mustAsk(t, s.setUp, s.setUpToken, corpus.Request{Method: http.MethodDelete, Target: path}).Status
			}
			if status != http.StatusNoContent {
				t.Fatalf("DELETE %s: %d", path, status)
			}
		}
	}
	s.pool.made = nil
}
