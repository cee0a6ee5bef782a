package test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy"
	"keycloak-scim-proxy/proxy/checklist"
	"keycloak-scim-proxy/proxy/control"
	"keycloak-scim-proxy/proxy/operate"
	"keycloak-scim-proxy/test/proxytest"
)

// invitation is a staged tenant of a proxy with set-up links.
type invitation struct {
	t             *testing.T
	p             *proxy.Proxy
	tenant, token string
	base          string
}

// do carries out an operation as `tenant invite` does.
func (i invitation) do(a operate.InviteArguments) (got operate.Invited) {
	i.t.Helper()
	a.Tenant, a.By = i.tenant, "eva"
	err := control.Call(context.Background(), i.p.Operations()["invite"], a, func(raw json.RawMessage) error { return json.Unmarshal(raw, &got) })
	if err != nil {
		i.t.Fatal(err)
	}
	return got
}

// lines are the lines in one state.
func (i invitation) lines(s checklist.State) (ids []string) {
	i.t.Helper()
	for _, l := range i.do(operate.InviteArguments{Action: operate.InviteShow}).Lines {
		if l.State == s {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

func (i invitation) ask(method, path, body string) held {
	i.t.Helper()
	return askFor(i.t, method, i.base+path, i.token, body)
}

// invitable serves staged tenants with set-up links, with the names of the providers, which require
// a department and a title. It returns the directory with their tokens.
func (w *world) invitable(t *testing.T, idps []string, also ...config.Tenant) (all map[string]invitation, dir string) {
	t.Helper()
	dir, all = t.TempDir(), map[string]invitation{}
	first := w.cfg.Tenants[0]
	w.cfg.Tenants, w.cfg.SetupLinks.Enabled, w.cfg.PublicURL = nil, true, ""
	for _, idp := range idps {
		token, entry := proxytest.Mint(t, idp)
		tenant := first
		tenant.Tenant, tenant.IDP, tenant.Tokens, tenant.State, tenant.RequiredAttributes = idp, idp, []config.Token{entry}, "staged", []string{"department", "title"}
		w.cfg.Tenants = append(w.cfg.Tenants, tenant)
		if err := os.WriteFile(filepath.Join(dir, idp), []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		all[idp] = invitation{t: t, tenant: idp, token: token}
	}
	for i := range also { // live tenants beside them
		token, entry := proxytest.Mint(t, also[i].Tenant)
		also[i].Tokens = []config.Token{entry}
		w.cfg.Tenants = append(w.cfg.Tenants, also[i])
		all[also[i].Tenant] = invitation{t: t, tenant: also[i].Tenant, token: token}
	}
	w.cfg.Store = newStore(t)
	p, url, stop := proxytest.StartProxy(t, w.cfg, zap.NewNop())
	t.Cleanup(stop)
	w.proxy = url
	for idp, i := range all {
		i.p, i.base = p, url+"/tenants/"+idp+"/scim/v2"
		all[idp] = i
	}
	return all, dir
}

const departmentLine = checklist.AttributePrefix + "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"

// A provider of a staged tenant that is invited does all that it does against a live one, and the
// checklist turns green line by line. Without an invitation it is held.
func TestSetupTrial(t *testing.T) {
	w := newWorld(t)
	all, tokens := w.invitable(t, []string{"entra", "okta", "onelogin", "jumpcloud", "pingfederate", "generic"})
	binary := proxytest.Build(t)
	if a := all["entra"].ask("POST", "/Users", userBody("early@example.com")); a.status != 429 {
		t.Fatalf("a staged tenant without an invitation: %d %s", a.status, a.body)
	}
	for idp, i := range all {
		t.Run(idp, func(t *testing.T) {
			i.t = t
			if i.do(operate.InviteArguments{Action: operate.InviteMake, For: time.Hour}).Finished {
				t.Error("finished at the start")
			}
			out, err := exec.Command(binary, "simulate", "--idp", idp, "--url", w.proxy, "--tenant", idp, "--token-file", filepath.Join(tokens, idp)).CombinedOutput()
			if err != nil || strings.Contains(string(out), "FAIL") {
				t.Errorf("%v\n%s", err, out)
			}
			got := i.do(operate.InviteArguments{Action: operate.InviteShow})
			var not []string
			if idp == "onelogin" { // its simulation sends what its template has at first
				not = []string{departmentLine, "attribute:title"}
			}
			for _, l := range got.Lines {
				if want := slices.Contains(not, l.ID); (l.State == checklist.Red) != want || (l.State == checklist.Green) == want {
					t.Errorf("%+v", l)
				}
			}
			if got.Finished != (len(not) == 0) || got.Live || got.Link != "" {
				t.Errorf("%+v", got)
			}
			if l := got.Lines[slices.IndexFunc(got.Lines, func(l checklist.Line) bool { return l.ID == departmentLine })]; l.Lives == "" {
				t.Errorf("%+v", l)
			}
			i.do(operate.InviteArguments{Action: operate.InviteRevoke})
			if a := i.ask("POST", "/Users", userBody("late-"+idp+"@example.com")); a.status != 429 {
				t.Errorf("after the revocation: %d %s", a.status, a.body)
			}
		})
	}
}

// A trial touches nothing that was there before, in no way that a request can name it, and makes 25
// users at most. The line of an attribute that is not sent is red, and no other is.
func TestSetupTrialBounds(t *testing.T) {
	w := newWorld(t)
	w.cfg.AdminListen = freeAddress(t)
	all, _ := w.invitable(t, []string{"generic"})
	boss := w.users(t, "boss", 1)[0]
	group := w.realm.Admin("POST", "/groups", `{"name":"admins"}`)
	if group.Status != 201 {
		t.Fatal(group.Status, string(group.Body))
	}
	admins := gjson.GetBytes(w.realm.Admin("GET", "/groups?search=admins", "").Body, "0.id").String()
	i := all["generic"]
	made := i.do(operate.InviteArguments{Action: operate.InviteMake, For: time.Hour})
	if !strings.HasPrefix(made.Link, "/setup/") || made.Live {
		t.Errorf("%+v", made)
	}

	a := i.ask("POST", "/Users", userBody("u0@example.com")) // without a department and a title
	user := gjson.Get(a.body, "id").String()
	if a.status != 201 {
		t.Fatal(a.status, a.body)
	}
	titled := strings.Replace(userBody("u1@example.com"), `"active"`, `"title":"Dr","active"`, 1)
	if a := i.ask("POST", "/Users", titled); a.status != 201 {
		t.Fatal(a.status, a.body)
	}
	if red := i.lines(checklist.Red); !slices.Equal(red, []string{departmentLine}) {
		t.Errorf("red: %v", red)
	}
	if green := i.lines(checklist.Green); !slices.Equal(green, []string{"connect", "create", "attribute:title"}) {
		t.Errorf("green: %v", green)
	}

	a = i.ask("POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"trial"}`)
	ours := gjson.Get(a.body, "id").String()
	if a.status != 201 {
		t.Fatal(a.status, a.body)
	}
	before := w.realm.Admin("GET", "/users/"+boss, "").Body
	patch := func(ops string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":` + ops + `}`
	}
	member := fmt.Sprintf(`[{"value":%q}]`, boss)
	for name, c := range map[string]struct{ method, path, body string }{
		"patch":                  {"PATCH", "/Users/" + boss, patch(`[{"op":"replace","path":"active","value":false}]`)},
		"put":                    {"PUT", "/Users/" + boss, userBody("boss0000")},
		"delete":                 {"DELETE", "/Users/" + boss, ""},
		"delete, in upper case":  {"DELETE", "/Users/" + strings.ToUpper(boss), ""},
		"group":                  {"PATCH", "/Groups/" + admins, patch(`[{"op":"add","path":"members","value":[{"value":"` + user + `"}]}]`)},
		"group, deleted":         {"DELETE", "/Groups/" + admins, ""},
		"member":                 {"PATCH", "/Groups/" + ours, patch(`[{"op":"add","path":"members","value":` + member + `}]`)},
		"member, replaced":       {"PATCH", "/Groups/" + ours, patch(`[{"op":"replace","path":"members","value":` + member + `}]`)},
		"member, without a path": {"PATCH", "/Groups/" + ours, patch(`[{"op":"add","value":{"members":` + member + `}}]`)},
		"member, beside a good one": {"PATCH", "/Groups/" + ours, patch(`[{"op":"replace","path":"displayName","value":"renamed"},` +
			`{"op":"add","path":"members","value":[{"value":"` + user + `"},{"value":"` + boss + `"}]}]`)},
		"put of members":    {"PUT", "/Groups/" + ours, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"trial","members":` + member + `}`},
		"create with boss":  {"POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"second","members":` + member + `}`},
		"another user, too": {"DELETE", "/Users/00000000-0000-4000-8000-000000000000", ""},
	} {
		if a := i.ask(c.method, c.path, c.body); a.status != http.StatusTooManyRequests || a.retryAfter == "" || !strings.Contains(a.body, "is being set up") {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	bulk := i.ask("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"DELETE","path":"/Users/`+boss+`"},`+
		`{"method":"PATCH","path":"/Groups/`+ours+`","data":`+patch(`[{"op":"add","path":"members","value":`+member+`}]`)+`}]}`)
	if got := gjson.Get(bulk.body, "Operations.#.status").String(); bulk.status != 200 || got != `["429","429"]` {
		t.Errorf("bulk: %d %s", bulk.status, bulk.body)
	}
	if after := w.realm.Admin("GET", "/users/"+boss, "").Body; string(after) != string(before) {
		t.Errorf("the user of the realm is changed: %s", after)
	}
	if g := gjson.GetBytes(w.realm.Admin("GET", "/users/"+boss+"/groups", "").Body, "#").Int(); g != 0 {
		t.Errorf("the user of the realm is a member of %d groups", g)
	}
	if shown := i.ask("GET", "/Groups/"+ours, ""); gjson.Get(shown.body, "displayName").String() != "trial" || gjson.Get(shown.body, "members.#").Int() != 0 {
		t.Errorf("a part of a held write was done: %s", shown.body)
	}
	if gjson.Get(i.ask("GET", `/Groups?filter=displayName+eq+%22second%22`, "").body, "totalResults").Int() != 0 {
		t.Error("a group of a held create is left")
	}
	if a := i.ask("PATCH", "/Groups/"+ours, patch(`[{"op":"add","path":"members","value":[{"value":"`+user+`"}]}]`)); a.status != 200 && a.status != 204 {
		t.Errorf("a member of the trial: %d %s", a.status, a.body)
	}

	for n := 2; n < 25; n++ {
		if a := i.ask("POST", "/Users", userBody(fmt.Sprintf("u%d@example.com", n))); a.status != 201 {
			t.Fatal(n, a.status, a.body)
		}
	}
	if a := i.ask("POST", "/Users", userBody("u25@example.com")); a.status != 429 || !strings.Contains(a.body, "25 users") {
		t.Errorf("the 26th: %d %s", a.status, a.body)
	}
	// A new invitation goes on with the trial.
	i.do(operate.InviteArguments{Action: operate.InviteMake, For: time.Hour})
	if a := i.ask("DELETE", "/Users/"+user, ""); a.status != 204 {
		t.Errorf("after a new invitation: %d %s", a.status, a.body)
	}
	if a := i.ask("POST", "/Users", userBody("u25@example.com")); a.status != 201 {
		t.Errorf("a place that was given back: %d %s", a.status, a.body)
	}
	i.do(operate.InviteArguments{Action: operate.InviteWaive, Line: departmentLine, Reason: "later"})
	if red := i.lines(checklist.Red); len(red) != 0 {
		t.Error(red)
	}
	i.goesLiveAndBack(w.cfg.AdminListen, ours)
}

// goesLiveAndBack lets a tenant go live, and stages it again while its invitation is open: what the
// trial has made is in use by then, and nothing changes it.
func (i invitation) goesLiveAndBack(admin, group string) {
	canary := "http://" + admin + "/tenants/" + i.tenant + "/canary"
	rename := func(to string) int {
		return i.ask("PATCH", "/Groups/"+group, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"displayName","value":"`+to+`"}]}`).status
	}
	if got := rename("in-the-trial"); got != 200 && got != 204 {
		i.t.Errorf("in the trial: %d", got)
	}
	if a := askFor(i.t, "POST", canary, "", `{"by":"eva"}`); !gjson.Get(a.body, "live").Bool() {
		i.t.Fatal(a.status, a.body)
	}
	if got := rename("live"); got != 200 && got != 204 {
		i.t.Errorf("live: %d", got)
	}
	if a := askFor(i.t, "DELETE", canary, "", ""); a.status != 204 {
		i.t.Fatal(a.status, a.body)
	}
	if got := rename("staged-again"); got != 429 {
		i.t.Errorf("staged again: %d", got)
	}
	if a := i.ask("POST", "/Users", userBody("again@example.com")); a.status != 429 {
		i.t.Errorf("a create while it is staged again: %d %s", a.status, a.body)
	}
	i.do(operate.InviteArguments{Action: operate.InviteMake, For: time.Hour})
	if got := rename("a-new-trial"); got != 429 {
		i.t.Errorf("in another trial: %d", got)
	}
	if a := i.ask("POST", "/Users", userBody("again@example.com")); a.status != 201 {
		i.t.Errorf("a create in another trial: %d %s", a.status, a.body)
	}
}

// A create of a trial does not bring a user back that a DELETE has deactivated before: that user is
// not one of the trial.
func TestSetupTrialFormerUsers(t *testing.T) {
	w := newWorld(t)
	w.cfg.Tenants[0].OnDelete = "deactivate"
	live := w.cfg.Tenants[0]
	live.Tenant = "live"
	all, _ := w.invitable(t, []string{"generic"}, live)
	former, trial := all["live"], all["generic"]
	a := former.ask("POST", "/Users", userBody("former@example.com"))
	id := gjson.Get(a.body, "id").String()
	if d := former.ask("DELETE", "/Users/"+id, ""); a.status != 201 || d.status != 204 {
		t.Fatal(a, d)
	}
	before := string(w.realm.Admin("GET", "/users/"+id, "").Body)
	if gjson.Get(before, "enabled").Bool() {
		t.Fatal(before)
	}
	trial.do(operate.InviteArguments{Action: operate.InviteMake, For: time.Hour})
	if a := trial.ask("POST", "/Users", userBody("former@example.com")); a.status != 409 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if after := string(w.realm.Admin("GET", "/users/"+id, "").Body); after != before {
		t.Errorf("the former user is changed: %s", after)
	}
	if a := former.ask("POST", "/Users", userBody("former@example.com")); a.status != 201 { // as a live tenant does
		t.Errorf("%d %s", a.status, a.body)
	}
}
