package test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/transport"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// leaving are worlds whose tenant does not delete: of a whole realm, and of a group.
func leaving(t *testing.T, mode leaver.Mode, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, group := range []bool{false, true} {
		t.Run(fmt.Sprintf("%s/group=%t", mode, group), func(t *testing.T) {
			var w *world
			if group {
				w, _ = plannedConfined(t)
			} else {
				r := kctest.NewRealm(t)
				w = plannedWorld(t, r, r.Server.URL)
			}
			w.cfg.Tenants[0].OnDelete = string(mode)
			w.proxy = proxytest.Serve(t, w.cfg)
			w.tb = t
			test(t, w)
		})
	}
}

// wants sends a request of the tenant, which must have the status.
func (w *world) wants(t *testing.T, method, path, body string, status int) gjson.Result {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.base()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + w.tenantToken}, "Content-Type": {"application/scim+json"}}
	a := w.realm.Do(req)
	if a.Status != status {
		t.Errorf("%s %s: %d %s, want %d", method, path, a.Status, a.Body, status)
	}
	return gjson.ParseBytes(a.Body)
}

const adaBody = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada","externalId":"e-ada","title":"Countess","active":true,
"name":{"givenName":"Ada","familyName":"Lovelace"},"emails":[{"value":"ada@example.com","type":"work","primary":true}]}`

// finds checks how many users a filter finds.
func (w *world) finds(t *testing.T, filter string, want int64) {
	t.Helper()
	a := w.wants(t, "GET", "/Users?"+url.Values{"filter": {filter}}.Encode(), "", 200)
	if n := a.Get("totalResults").Int(); n != want || a.Get("Resources.#").Int() != want {
		t.Errorf("%s: %s, want %d", filter, a.Raw, want)
	}
}

// A user that was parked or deactivated by a DELETE does not exist any more, and its groups and
// kept attributes are gone.
func TestLeaverIsGone(t *testing.T) {
	for _, mode := range []leaver.Mode{leaver.Park, leaver.Deactivate} {
		leaving(t, mode, func(t *testing.T, w *world) {
			other := w.wants(t, "POST", "/Users", strings.NewReplacer("e-ada", "e-other", `"ada"`, `"other"`, "ada@", "other@").Replace(adaBody), 201).Get("id").String()
			id := w.wants(t, "POST", "/Users", adaBody, 201).Get("id").String()
			group := w.wants(t, "POST", "/Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Engines","members":[{"value":"`+id+`"},{"value":"`+other+`"}]}`, 201).Get("id").String()
			w.finds(t, `title eq "Countess"`, 2)
			w.wants(t, "DELETE", "/Users/"+id, "", 204)
			for range 2 {
				w.wants(t, "DELETE", "/Users/"+id, "", 404)
			}
			w.wants(t, "GET", "/Users/"+id, "", 404)
			w.wants(t, "GET", "/Users/"+id+"?attributes=userName", "", 404)
			w.wants(t, "PUT", "/Users/"+id, adaBody, 404)
			w.wants(t, "PATCH", "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":true}]}`, 404)
			w.wants(t, "PATCH", "/Groups/"+group, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"members","value":[{"value":"`+id+`"}]}]}`, 400)
			for filter, n := range map[string]int64{
				`userName eq "ada"`: 0, `userName eq "parked-` + id + `"`: 0, `userName sw "parked-"`: 0, `externalId eq "e-ada"`: 0, `emails.value eq "ada@example.com"`: 0, `emails.value co "leaver"`: 0,
				`active eq false`: 0, `active eq false or userName eq "other"`: 1, `title eq "Countess"`: 1, `not (userName eq "ada")`: 1, `groups.value eq "` + group + `"`: 1,
			} {
				w.finds(t, filter, n)
			}
			if a := w.wants(t, "GET", "/Users", "", 200); a.Get("totalResults").Int() != 1 || a.Get("Resources.#").Int() != 1 {
				t.Errorf("the list: %s", a.Raw)
			}
			if a := w.wants(t, "GET", "/Groups/"+group, "", 200); a.Get("members.#.value").Raw != `["`+other+`"]` {
				t.Errorf("the group: %s", a.Raw)
			}
			in := gjson.ParseBytes(w.realm.Admin("GET", "/users/"+id, "").Body)
			name := map[leaver.Mode]string{leaver.Park: "parked-" + id, leaver.Deactivate: "ada"}[mode]
			if in.Get("username").String() != name || in.Get("enabled").Bool() || !strings.HasSuffix(in.Get("email").String(), ".leaver.invalid") {
				t.Errorf("Keycloak has %s", in.Raw)
			}
			w.wants(t, "PATCH", "/Users/"+other, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"emails[type eq \"work\"].value","value":"x@2026-01-01.Leaver.Invalid"}]}`, 400)
			again := w.wants(t, "POST", "/Users", strings.Replace(adaBody, "Countess", "Again", 1), 201)
			if same := again.Get("id").String() == id; same != (mode == leaver.Deactivate) {
				t.Errorf("%s: the user that comes back has the old id: %t", mode, same)
			}
			back := "/Users/" + again.Get("id").String()
			if a := w.wants(t, "GET", back, "", 200); a.Get("title").String() != "Again" || !a.Get("active").Bool() || a.Get("groups").Exists() || a.Get("emails.0.value").String() != "ada@example.com" {
				t.Errorf("the user that came back: %s", a.Raw)
			}
			w.wants(t, "POST", "/Users", adaBody, 409)
			w.wants(t, "DELETE", back, "", 204)
			w.wants(t, "GET", back, "", 404)
		})
	}
}

// A parked user is deleted after the grace time, and no other one: not one that an administrator
// has taken back, and not one that was deactivated.
func TestParkedUserIsDeletedAfterGrace(t *testing.T) {
	leaving(t, leaver.Park, func(t *testing.T, w *world) {
		var ids []string
		for i := range 3 {
			name := fmt.Sprintf("ada%d", i)
			ids = append(ids, w.wants(t, "POST", "/Users", strings.NewReplacer("e-ada", name, `"ada"`, `"`+name+`"`, "ada@", name+"@").Replace(adaBody), 201).Get("id").String())
			w.wants(t, "DELETE", "/Users/"+ids[i], "", 204)
		}
		w.realm.Admin("PUT", "/users/"+ids[1], `{"enabled":true}`)
		w.realm.Admin("PUT", "/users/"+ids[2], `{"username":"`+ids[2]+`","email":"deleted-`+ids[2]+`@2026-01-01.leaver.invalid","firstName":"F","lastName":"L"}`)
		for _, after := range []struct{ days, deleted int }{{29, 0}, {32, 1}, {33, 0}} {
			if n, err := w.sweep(t, time.Now().AddDate(0, 0, after.days)); err != nil || n != after.deleted {
				t.Errorf("after %d days: %d deleted, %v, want %d", after.days, n, err, after.deleted)
			}
		}
		for i, want := range []int{404, 200, 200} {
			if a := w.realm.Admin("GET", "/users/"+ids[i], ""); a.Status != want {
				t.Errorf("user %d: %d, want %d", i, a.Status, want)
			}
		}
	})
}

// sweep deletes the parked users of the tenant that are due at a time.
func (w *world) sweep(t *testing.T, at time.Time) (int, error) {
	t.Helper()
	c := w.cfg.Tenants[0]
	client := keycloak.NewClient(w.realm.Server.URL, http.DefaultTransport, time.Minute, 4)
	account := keycloak.NewAccountBy(transport.Proof(c.ServiceAccount), client, c.Realm, c.ServiceAccount.ClientID, time.Now)
	known, err := keycloak.LoadProfile(t.Context(), client, c.Realm, account)
	if err != nil {
		t.Fatal(err)
	}
	realm := keycloak.NewRealm(client, c.Realm, account, known)
	var g *tenantgroup.Group
	if c.Group != "" {
		g = tenantgroup.New(c.Group, func(context.Context, string) (func(), error) { return func() {}, nil }, 0, time.Now)
	}
	return leaver.New(confined.Within(realm, known, g), realm, leaver.Options{Mode: leaver.Park, Grace: 30 * 24 * time.Hour, Now: func() time.Time { return at }}).Sweep(t.Context())
}

// A leaver's tokens are refused at once, online and offline, and no session or consent is left; the
// log says what was ended.
func TestLeaverIsSignedOut(t *testing.T) {
	for _, mode := range []leaver.Mode{leaver.Delete, leaver.Park, leaver.Deactivate} {
		leaving(t, mode, func(t *testing.T, w *world) {
			if r := w.realm.Admin("POST", "/clients", `{"clientId":"app","secret":"app","publicClient":false,"directAccessGrantsEnabled":true,"standardFlowEnabled":true,"consentRequired":false}`); r.Status != 201 {
				t.Fatal(string(r.Body))
			}
			for _, way := range []string{"PATCH", "DELETE"} {
				id := w.wants(t, "POST", "/Users", adaBody, 201).Get("id").String()
				w.realm.Admin("PUT", "/users/"+id+"/reset-password", `{"type":"password","value":"pw","temporary":false}`)
				online, offline := w.grant(t, "openid", 200), w.grant(t, "openid offline_access", 200)
				for _, token := range []string{online, offline} {
					w.refreshes(t, token, 200)
				}
				if way == "DELETE" {
					w.wants(t, way, "/Users/"+id, "", 204)
				} else {
					w.wants(t, way, "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`, 200)
				}
				for _, token := range []string{online, offline} {
					w.refreshes(t, token, 400)
				}
				if way == "PATCH" || mode != leaver.Delete {
					for _, path := range []string{"/sessions", "/consents"} {
						if a := w.realm.Admin("GET", "/users/"+id+path, ""); string(a.Body) != "[]" {
							t.Errorf("%s of a leaver by %s: %s", path, way, a.Body)
						}
					}
				}
				if way == "PATCH" {
					w.wants(t, "DELETE", "/Users/"+id, "", 204)
				}
			}
		})
	}
}

func (w *world) grant(t *testing.T, scope string, status int) (refresh string) {
	t.Helper()
	return w.token(t, url.Values{"grant_type": {"password"}, "username": {"ada"}, "password": {"pw"}, "scope": {scope}}, status)
}

func (w *world) refreshes(t *testing.T, token string, status int) {
	t.Helper()
	w.token(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, status)
}

func (w *world) token(t *testing.T, form url.Values, status int) (refresh string) {
	t.Helper()
	form.Set("client_id", "app")
	form.Set("client_secret", "app")
	req, err := http.NewRequestWithContext(t.Context(), "POST", w.realm.Server.URL+"/realms/"+w.realm.Name+"/protocol/openid-connect/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := w.realm.Do(req)
	if a.Status != status {
		t.Errorf("%s: %d %s, want %d", form.Get("grant_type"), a.Status, a.Body, status)
	}
	return gjson.GetBytes(a.Body, "refresh_token").String()
}

// A user of a federation such as LDAP is not deleted: Keycloak would answer 204 and bring it back.
func TestFederatedUserIsNotDeleted(t *testing.T) {
	for _, mode := range []leaver.Mode{leaver.Delete, leaver.Park, leaver.Deactivate} {
		r := kctest.NewRealm(t)
		f := newFaulty(t, r.Server.URL)
		w := plannedWorld(t, r, f.URL)
		w.cfg.Tenants[0].OnDelete = string(mode)
		w.proxy = proxytest.Serve(t, w.cfg)
		id := w.wants(t, "POST", "/Users", adaBody, 201).Get("id").String()
		after := func(a *http.Response) error {
			if a.Request.Method == http.MethodGet && strings.HasSuffix(a.Request.URL.Path, "/admin/realms/"+r.Name+"/users/"+id) {
				a.Body, a.ContentLength = io.NopCloser(strings.NewReader(`{"id":"`+id+`","username":"ada","federationLink":"ldap"}`)), -1
				a.Header.Del("Content-Length")
			}
			return nil
		}
		f.After.Store(&after)
		if a := w.wants(t, "DELETE", "/Users/"+id, "", 403); !strings.Contains(a.Get("detail").String(), "LDAP") {
			t.Errorf("%s: %s", mode, a.Raw)
		}
		if a := w.wants(t, "GET", "/Users/"+id, "", 200); !a.Get("active").Bool() || a.Get("userName").String() != "ada" {
			t.Errorf("%s: %s", mode, a.Raw)
		}
	}
}
