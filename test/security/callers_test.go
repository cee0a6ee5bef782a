package security

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim/document"
)

// questions returns requests about the user with this userName and id. Answers about an existing
// user and a missing one are compared.
func questions(name, id string) [][3]string {
	filter := func(f string) string { return "?" + url.Values{"filter": {f}}.Encode() }
	bulk := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Users","bulkId":"b","data":` + user("z-"+name) + `},{"method":"DELETE","path":"/Users/` + id + `"}]}`
	return [][3]string{
		{"GET", "/Users" + filter(`externalId eq "e-`+name+`"`), ""},
		{"GET", "/Users" + filter(`userName eq "`+name+`"`), ""},
		{"GET", "/Users" + filter(`emails.value eq "`+name+`@example.com"`), ""},
		{"GET", "/Users" + filter(`title eq "T `+name+`"`), ""},
		{"GET", "/Users" + filter(`id eq "`+id+`"`), ""},
		{"GET", "/Users?sortBy=title", ""},
		{"GET", "/Users?cursor=", ""},
		{"GET", "/Users/" + id, ""},
		{"GET", "/Groups" + filter(`members.value eq "`+id+`"`), ""},
		{"POST", "/Users/.search", `{"filter":"externalId eq \"e-` + name + `\""}`},
		{"POST", "/Users", user(name)},
		{"POST", "/Bulk", bulk},
		{"PUT", "/Users/" + id, user(name)},
		{"PATCH", "/Users/" + id, patch(`{"op":"replace","path":"title","value":"x"}`)},
		{"PATCH", "/Groups/" + id, patch(`{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`)},
		{"DELETE", "/Users/" + id, ""},
		{"DELETE", "/Groups/" + id, ""},
		{"GET", "/ServiceProviderConfig", ""},
		{"GET", "/Schemas", ""},
	}
}

// Requests without a valid token get the same 401 for existing and missing users. All of them
// together cause at most one call to Keycloak and no write to the store.
func TestStrangers(t *testing.T) {
	w := newWorld(t)
	id := w.make("acme", "/Users", user("ada"))
	w.send("manager", "GET", "/Users?filter=externalId+eq+%22x%22", "") // now the proxy knows the realm
	before := w.records()
	w.upstream.Calls.Store(0)
	for _, who := range strangers {
		taken, free := questions("ada", id), questions("bob", "00000000-0000-0000-0000-000000000000")
		for i := range taken {
			a, b := w.send(who, taken[i][0], taken[i][1], taken[i][2]), w.send(who, free[i][0], free[i][1], free[i][2])
			if a.Status != 401 || b.Status != 401 || string(a.Body) != string(b.Body) {
				t.Errorf("%s %s as %s: %d %s, %d %s", taken[i][0], taken[i][1], who, a.Status, a.Body, b.Status, b.Body)
			}
		}
		for _, body := range []string{"broken", "{", strings.Repeat("[", 100_000), `{"a":` + strings.Repeat("1", 1<<20) + `}`} {
			if a := w.send(who, "POST", "/Users", body); a.Status != 401 {
				t.Errorf("a broken body as %s: %d", who, a.Status)
			}
		}
	}
	if n := w.upstream.Calls.Load(); n > 1 {
		t.Errorf("%d calls to Keycloak", n)
	}
	w.unchanged("strangers", before)
}

// A caller that may use the API but not see users learns nothing about the data in the proxy's
// store. A caller without any role learns nothing at all. Neither writes to the store.
func TestCallersThatMaySeeNoUsers(t *testing.T) {
	w := newWorld(t)
	id := w.make("acme", "/Users", user("ada"))
	before := w.records()
	for _, who := range []string{"nobody", "querier", "grouper"} {
		taken, free := questions("ada", id), questions("bob", "00000000-0000-0000-0000-000000000000")
		for i, q := range taken {
			a, b := w.send(who, q[0], q[1], q[2]), w.send(who, free[i][0], free[i][1], free[i][2])
			byID := strings.Contains(q[1], id) && !strings.Contains(q[1], "filter") // Keycloak itself answers 403 or 404
			if a.Status != b.Status && !byID {
				t.Errorf("%s %s as %s: taken (%d %s) differs from free (%d %s)", q[0], q[1], who, a.Status, a.Body, b.Status, b.Body)
			}
			if strings.Contains(string(a.Body), "T ada") || strings.Contains(string(a.Body), "e-ada") {
				t.Errorf("%s %s as %s: %s", q[0], q[1], who, a.Body)
			}
			w.unchanged(q[0]+" "+q[1]+" as "+who, before)
			before = w.records()
		}
	}
}

// A bulk request of a caller that may not write is refused as a whole, after a bounded number of
// calls.
func TestBulkOfARefusedCaller(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for _, name := range []string{"ada", "bob"} {
		ids = append(ids, w.make("acme", "/Users", user(name)))
	}
	var ops []string
	for i := range 500 {
		ops = append(ops, `{"method":"POST","path":"/Users","bulkId":"b`+document.Quote(string(rune('a' + i%26)))[1:2]+strings.Repeat("x", i)+`","data":`+user("new")+`}`)
		ops = append(ops, `{"method":"DELETE","path":"/Users/`+ids[i%2]+`"}`)
	}
	ops[0] = `{"method":"DELETE","path":"/Users/00000000-0000-0000-0000-000000000000"}` // its 404 does not depend on the caller
	body := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + strings.Join(ops, ",") + `]}`
	before := w.records()
	w.send("manager", "GET", "/Users", "") // now the proxy has the realm's keys, name and profile, and does not read them again
	for who, most := range map[string]int64{"none": 0, "garbage": 0, "forged": 0, "nobody": 1, "querier": 6, "reader": 6} {
		w.upstream.Calls.Store(0)
		a := w.send(who, "POST", "/Bulk", body)
		if want := map[bool]int{true: 401, false: 403}[slices.Contains(strangers, who)]; a.Status != want {
			t.Errorf("as %s: %d %.300s", who, a.Status, a.Body)
		}
		if n := w.upstream.Calls.Load(); n > most {
			t.Errorf("as %s: %d calls to Keycloak", who, n)
		}
		w.unchanged("as "+who, before)
	}
}
