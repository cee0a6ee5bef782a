package test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
)

// TestBudgets counts the calls to Keycloak per request, for a tenant of a whole realm.
func TestBudgets(t *testing.T) {
	w := newWorld(t)
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, 20*time.Second)
	c := client{w.base(), w.tenantToken}
	made, err := c.send(t.Context(), "POST", "/Users", directorytest.Sample(1).With("externalId", `"e-1"`).String()) // the proxy gets its token and the realm's settings
	if err != nil {
		t.Fatal(err)
	}
	user, ids := "/Users/"+made.Resource.ID(), w.users(t, "budget", 120)
	small, large := "/Groups/"+group(t, c, "small"), "/Groups/"+group(t, c, "large")
	huge := "/Groups/" + group(t, c, "huge")
	add := func(ids []string) string { return patchBody([]scim.Op{opOn(scim.Add, "members", valueList(ids))}) }
	var out []scim.Op
	for _, id := range ids[:51] {
		out = append(out, opOn(scim.Remove, `members[value eq "`+id+`"]`, ""))
	}
	w.spends(t, f, []budget{
		{"read", "GET", user, "", 1},
		{"read a group", "GET", small, "", 1},
		{"a page, that is compared", "GET", "/Users?count=100", "", 2 + 2},
		{"a page, its values by Admin REST", "GET", "/Users?count=100", "", 1 + 2},
		{"a small page", "GET", "/Users?count=20", "", 1},
		{"only names", "GET", "/Users?count=100&attributes=userName", "", 1},
		{"find by externalId", "GET", "/Users?" + url.Values{"filter": {`externalId eq "e-1"`}}.Encode(), "", 1},
		{"find by userName", "GET", "/Users?" + url.Values{"filter": {`userName eq "sample1"`}}.Encode(), "", 1},
		{"create", "POST", "/Users", directorytest.Sample(2).With("title", `"T"`).String(), 2},
		{"patch a native attribute", "PATCH", user, patchBody([]scim.Op{opOn(scim.ReplaceAll, "name.givenName", `"Ada"`)}), 2},
		{"patch a native and a stored attribute", "PATCH", user, patchBody([]scim.Op{{Kind: scim.ReplaceAll, Value: `{"title":"T","name":{"givenName":"Grace"}}`}}), 2},
		{"patch a stored attribute", "PATCH", user, patchBody([]scim.Op{opOn(scim.ReplaceAll, "title", `"U"`)}), 1},
		{"put", "PUT", user, directorytest.Sample(1).With("nickName", `"N"`).With("name", `{"givenName":"New","familyName":"Name"}`).String(), 2},
		{"one member", "PATCH", small, add(ids[:1]), 1 + 1}, // the journal asks who is a member before
		{"50 members", "PATCH", small, add(ids[1:51]), 1 + 1},
		{"51 members", "PATCH", large, add(ids[:51]), 2 + 1},
		{"120 members, 51 of them already in", "PATCH", large, add(ids), 2 + 1},
		{"120 members", "PATCH", huge, add(ids), 3 + 1},
		{"51 members out", "PATCH", large, patchBody(out), 2 + 1},
		{"delete a group", "DELETE", small, "", 1 + 1}, // the journal reads it before
		{"delete", "DELETE", user, "", 1 + 1 + 1},
	})
}

// budget is how many calls to Keycloak a request needs.
type budget struct {
	name, method, path, body string
	calls                    int
}

// spends sends requests in order, and fails the test for each that needs another number of calls.
func (w *world) spends(t *testing.T, f *faulty, budgets []budget) {
	t.Helper()
	for _, r := range budgets {
		calls := f.breakAt(0, before, false) // breaks nothing, only counts
		w.quietly(t, r.method, r.path, r.body)
		if n := int(calls.Load()); n != r.calls {
			t.Errorf("%s: %d calls, want %d", r.name, n, r.calls)
		}
	}
}

// TestBudgetsOfAGroupTenant counts the calls for a tenant that is confined to a group. Each query
// of its account is slow, so look-ups must not need one.
func TestBudgetsOfAGroupTenant(t *testing.T) {
	w, g := plannedConfined(t)
	f := newFaulty(t, w.realm.Server.URL)
	w.through(t, f, 20*time.Second)
	c := client{w.base(), w.tenantToken}
	made, err := c.send(t.Context(), "POST", "/Users", directorytest.Sample(1).With("externalId", `"e-1"`).String())
	if err != nil {
		t.Fatal(err)
	}
	user := "/Users/" + made.Resource.ID()
	var ids []string
	for i := range 60 {
		ids = append(ids, w.realm.NewUser(fmt.Sprintf("hand%02d", i), g.Path))
	}
	small, large := "/Groups/"+group(t, c, "small"), "/Groups/"+group(t, c, "large")
	f.knowsAll(t, c)
	add := func(ids []string) string { return patchBody([]scim.Op{opOn(scim.Add, "members", valueList(ids))}) }
	find := func(filter string) string { return "/Users?" + url.Values{"filter": {filter}}.Encode() }
	w.spends(t, f, []budget{
		{"read", "GET", user, "", 1},
		{"find by userName", "GET", find(`userName eq "sample1"`), "", 1},
		{"find by userName, made by an administrator", "GET", find(`userName eq "HAND01"`), "", 1},
		{"find by userName, nobody", "GET", find(`userName eq "nobody"`), "", 0},
		{"find by e-mail address", "GET", find(`emails.value eq "hand02@example.com"`), "", 1},
		{"find by e-mail address, nobody", "GET", find(`emails.value eq "nobody@example.com"`), "", 0},
		{"find by work address, nobody", "GET", find(`emails[type eq "work"].value eq "nobody@example.com"`), "", 0},
		{"find by externalId", "GET", find(`externalId eq "e-1"`), "", 1},
		{"find by externalId, nobody", "GET", find(`externalId eq "e-2"`), "", 0},
		{"find by two attributes, nobody", "GET", find(`userName eq "nobody" and active eq true`), "", 0},
		{"find a group", "GET", "/Groups?filter=displayName+eq+%22small%22&excludedAttributes=members", "", 1},
		{"find a group, none", "GET", "/Groups?filter=displayName+eq+%22none%22", "", 0},
		{"create", "POST", "/Users", directorytest.Sample(2).With("title", `"T"`).String(), 3}, // one for the organization
		{"find the new user", "GET", find(`userName eq "sample2"`), "", 1},
		{"patch a native attribute", "PATCH", user, patchBody([]scim.Op{opOn(scim.ReplaceAll, "name.givenName", `"Ada"`)}), 2},
		{"rename", "PATCH", user, patchBody([]scim.Op{opOn(scim.ReplaceAll, "userName", `"renamed"`)}), 2},
		{"find by the new name", "GET", find(`userName eq "renamed"`), "", 1},
		{"patch a stored attribute", "PATCH", user, patchBody([]scim.Op{opOn(scim.ReplaceAll, "title", `"U"`)}), 1},
		{"one member", "PATCH", small, add(ids[:1]), 1 + 1 + 1}, // the journal asks who is a member before
		{"50 members", "PATCH", small, add(ids[1:51]), 1 + 1 + 1},
		{"51 members", "PATCH", large, add(ids[:51]), 1 + 2 + 1},
		{"delete a group", "DELETE", small, "", 2 + 2}, // the journal reads it before
		{"delete", "DELETE", user, "", 1 + 1 + 1},
	})
}

// knowsAll looks names up until the proxy knows without Keycloak that no user has one.
func (f *faulty) knowsAll(t testing.TB, c client) {
	t.Helper()
	for i := range 500 {
		f.Calls.Store(0)
		if _, err := c.send(t.Context(), "GET", fmt.Sprintf("/Users?filter=userName+eq+%%22no%d%%22", i), ""); err != nil {
			t.Fatal(err)
		}
		if f.Calls.Load() == 0 {
			return
		}
	}
	t.Fatal("each look-up asks Keycloak")
}

// quietly sends a request with Prefer: return=minimal.
func (w *world) quietly(t *testing.T, method, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.base()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + w.tenantToken}, "Content-Type": {"application/scim+json"}, "Prefer": {"return=minimal"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		t.Errorf("%s %s: %d", method, path, res.StatusCode)
	}
}
