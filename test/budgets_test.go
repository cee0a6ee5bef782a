package test

import (
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
	for _, r := range []struct {
		name, method, path, body string
		calls                    int
	}{
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
		{"one member", "PATCH", small, add(ids[:1]), 1},
		{"50 members", "PATCH", small, add(ids[1:51]), 1},
		{"51 members", "PATCH", large, add(ids[:51]), 2 + 1},
		{"120 members, 51 of them already in", "PATCH", large, add(ids), 2 + 1},
		{"120 members", "PATCH", huge, add(ids), 3 + 1},
		{"51 members out", "PATCH", large, patchBody(out), 2 + 1},
		{"delete a group", "DELETE", small, "", 1},
		{"delete", "DELETE", user, "", 1},
	} {
		calls := f.breakAt(0, before, false) // breaks nothing, only counts
		w.quietly(t, r.method, r.path, r.body)
		if n := int(calls.Load()); n != r.calls {
			t.Errorf("%s: %d calls, want %d", r.name, n, r.calls)
		}
	}
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
