package test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/proxytest"
)

const (
	accidentUsers  = 2000
	accidentLeaves = 400
	accidentGroup  = 60 // of those that leave, who are in a group
)

// TestAccident is the day on which a provider deactivates 400 of 2,000 people because a
// filter was changed: single leavers before it pass, the guard holds the rest at its default budget
// (5 % within an hour), nothing of what it holds is done, a release lets the retries finish, and an
// undo brings all back, with their groups.
func TestAccident(t *testing.T) {
	w := newWorld(t)
	binary, cfg := proxytest.Build(t), w.files(t, w.realm.Server.URL)
	edit(t, cfg, "guard: {off: true}\n", "")
	edit(t, filepath.Join(filepath.Dir(cfg), "tenants", "acme.yaml"), "tenant:", "onDelete: park\ntenant:")
	p := proxytest.StartProgram(t, binary, cfg)
	a := &accident{w: w, t: t, binary: binary, cfg: cfg, c: client{p.URL + "/scim/v2", w.tenantToken}}
	a.ids = w.users(t, "staff", accidentUsers)
	a.enabled = a.count()
	g := group(t, a.c, "team")
	for i := 0; i < accidentGroup; i += 30 {
		if _, err := a.c.send(t.Context(), "PATCH", "/Groups/"+g, patchBody([]scim.Op{opOn(scim.Add, "members", valueList(a.ids[i:i+30]))})); err != nil {
			t.Fatal(err)
		}
	}
	before, team := a.shown(), a.one("/Groups/"+g)

	var single, passed, held int
	for i := accidentLeaves; i < accidentLeaves+3; i++ { // leavers of a usual morning
		single += a.leave(i)
	}
	if single != 3 {
		t.Fatalf("%d single leavers pass", single)
	}
	since := a.marker()
	passed = a.all()
	held = accidentLeaves - passed
	// The budget is a share of the users that the tenant sees, so that parked ones make it smaller.
	if n := passed + single; n > accidentUsers/20 || n < accidentUsers/20-5 || a.gone() != n {
		t.Errorf("%d of %d leave before the guard holds, and %d are gone; it holds %d", passed, accidentLeaves, a.gone(), held)
	}
	if again := a.all(); again != passed || a.gone() != passed+single { // the provider repeats: what was done is done
		t.Errorf("a repetition gets %d through", again)
	}
	if out, code := a.run("guard", "acme", "status"); code != 0 || !strings.Contains(out, "holds changes") {
		t.Errorf("%d %s", code, out)
	}
	if out, code := a.run("guard", "acme", "release", "--for", "2h"); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	if n := a.all(); n != accidentLeaves || a.gone() != accidentLeaves+single {
		t.Errorf("after the release %d leave, and %d are gone", n, a.gone())
	}
	out, code := a.run("undo", "--tenant", "acme", "--since", since, "--yes")
	if code != 0 {
		t.Fatalf("%d %s", code, out[max(0, len(out)-2000):])
	}
	after := a.shown()
	for id, want := range before {
		if after[id] != want {
			t.Errorf("%s\nwas %s\nis  %s", id, want, after[id])
		}
	}
	if now := a.one("/Groups/" + g); now != team {
		t.Errorf("the group was %.300s\nis %.300s", team, now)
	}
	if n := a.gone(); n != single {
		t.Errorf("%d are gone after the undo", n)
	}
}

type accident struct {
	w           *world
	t           *testing.T
	binary, cfg string
	c           client
	ids         []string
	enabled     int64 // users at the start
}

func (a *accident) run(args ...string) (string, int) {
	return proxytest.Run(a.t, a.binary, append(args, "--config", a.cfg)...)
}

// leave ends the access of a user, in the way of one of two providers. It returns 1 if it is done.
func (a *accident) leave(i int) int {
	method, body := "PATCH", patchBody([]scim.Op{opOn(scim.ReplaceAll, "active", "false")})
	if i%2 == 1 {
		method, body = "DELETE", ""
	}
	switch status := a.c.request(a.t, fmt.Sprintf("leave-%d", i), method, "/Users/"+a.ids[i], body); status {
	case 200, 204, 404:
		return 1
	case 429:
		return 0
	default:
		a.t.Errorf("%s: %d", method, status)
		return 0
	}
}

// all lets the provider send all that it means to, 8 at a time, and returns how many are done.
func (a *accident) all() (done int) {
	results := make([]int, accidentLeaves)
	var g errgroup.Group
	g.SetLimit(8)
	for i := range accidentLeaves {
		g.Go(func() error { results[i] = a.leave(i); return nil })
	}
	_ = g.Wait()
	for _, n := range results {
		done += n
	}
	return done
}

// gone is how many users are disabled in Keycloak itself.
func (a *accident) gone() int { return int(a.enabled - a.count()) }

// count is how many users are enabled in Keycloak.
func (a *accident) count() (n int64) {
	a.t.Helper()
	body := a.w.realm.Admin("GET", "/users/count?enabled=true", "").Body
	if _, err := fmt.Sscan(string(body), &n); err != nil {
		a.t.Fatalf("%s: %v", body, err)
	}
	return n
}

// shown is what a GET shows of those that leave by accident.
func (a *accident) shown() map[string]string {
	out := map[string]string{}
	for _, id := range a.ids[:accidentLeaves] {
		out[id] = a.one("/Users/" + id)
	}
	return out
}

func (a *accident) one(path string) string {
	got, err := a.c.send(a.t.Context(), "GET", path, "")
	if err != nil {
		return err.Error()
	}
	return got.Resource.String()
}

// marker is a time after all entries so far.
func (a *accident) marker() string {
	all := entries(a.t, a.binary, a.cfg)
	return all[len(all)-1].Ended.Format("2006-01-02T15:04:05.999999999Z07:00")
}
