package signin_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/console/page"
	"keycloak-scim-proxy/console/signin"
	"keycloak-scim-proxy/proxy/tokens/claims"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// visit sends a request like a browser, to any server.
func visit(t *testing.T, c *http.Client, method, to string, form url.Values) (reply, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header}, string(text)
}

var loginForm = regexp.MustCompile(`action="([^"]+)"`)

// An operator signs in with a real Keycloak, and the session ends when Keycloak takes the role.
func TestKeycloak(t *testing.T) {
	realm := kctest.NewRealm(t)
	w := &world{t: t, at: time.Now()}
	w.open(realm.Server.URL, realm.Name)
	must := func(r kctest.Reply) kctest.Reply {
		t.Helper()
		if r.Status >= 300 {
			t.Fatalf("%d %s", r.Status, r.Body)
		}
		return r
	}
	must(realm.Admin("POST", "/clients", fmt.Sprintf(`{"clientId":"console","secret":"hush","standardFlowEnabled":true,"redirectUris":[%q],"attributes":{"post.logout.redirect.uris":%q,"pkce.code.challenge.method":"S256"}}`,
		w.server.URL+"/console/signin/callback", w.server.URL+"/console/signed-out")))
	must(realm.Admin("POST", "/roles", `{"name":"scim-operator"}`))
	role := must(realm.Admin("GET", "/roles/scim-operator", ""))
	ids := map[string]string{}
	for _, name := range []string{"ada", "eve"} {
		created := must(realm.Admin("POST", "/users", fmt.Sprintf(`{"username":%q,"enabled":true,"email":"%[1]s@example.com","firstName":"A","lastName":"B","credentials":[{"type":"password","value":"pw"}]}`, name)))
		ids[name] = created.Header.Get("Location")[strings.LastIndex(created.Header.Get("Location"), "/")+1:]
	}
	roles := func(method string) {
		t.Helper()
		must(realm.Admin(method, "/users/"+ids["ada"]+"/role-mappings/realm", "["+string(role.Body)+"]"))
	}
	roles("POST")

	signIn := func(c *http.Client, name string) (reply, string) {
		t.Helper()
		res, _ := w.do(c, http.MethodGet, w.gate.Start("/console"), nil)
		res, text := visit(t, c, http.MethodGet, res.Header.Get("Location"), nil)
		if m := loginForm.FindStringSubmatch(text); res.StatusCode == 200 && m != nil { // else there is a session in Keycloak
			res, text = visit(t, c, http.MethodPost, html.UnescapeString(m[1]), url.Values{"username": {name}, "password": {"pw"}})
		}
		if to := res.Header.Get("Location"); strings.HasPrefix(to, w.server.URL+"/console/signin/callback?") {
			return visit(t, c, http.MethodGet, to, nil)
		}
		t.Fatalf("Keycloak does not lead back: %d %s", res.StatusCode, text)
		return reply{}, ""
	}
	if res, text := signIn(w.browser(), "eve"); res.StatusCode != 403 || !strings.Contains(text, "scim-operator") || !strings.Contains(text, "You are eve.") {
		t.Errorf("without the role: %d %s", res.StatusCode, text)
	}
	ada := w.browser()
	if res, text := signIn(ada, "ada"); res.StatusCode != 200 {
		t.Fatalf("%d %s %v", res.StatusCode, text, w.notes)
	}
	if got := w.sees(ada, 200); !strings.HasPrefix(got, "ada ") {
		t.Error(got)
	}
	inIDToken(t, w)
	w.later(signin.CheckAge + time.Second)
	w.sees(ada, 200)

	// The sign-out ends Keycloak's session too.
	_, token, _ := strings.Cut(w.sees(ada, 200), " ")
	res, _ := w.do(ada, http.MethodPost, "/console/signout", url.Values{page.TokenField: {token}})
	res, text := visit(t, ada, http.MethodGet, strings.TrimPrefix(res.Header.Get("Refresh"), "0; url="), nil)
	if to := res.Header.Get("Location"); !strings.HasPrefix(to, w.server.URL+"/console/signed-out") {
		t.Errorf("%d %s %s", res.StatusCode, to, text)
	}
	w.sees(ada, 401)
	start, _ := w.do(ada, http.MethodGet, w.gate.Start("/console"), nil)
	if _, text = visit(t, ada, http.MethodGet, start.Header.Get("Location"), nil); !strings.Contains(text, "kc-login") {
		t.Error("Keycloak still has a session")
	}

	signIn(ada, "ada")
	roles("DELETE")
	w.sees(ada, 200)
	w.later(signin.CheckAge + time.Second)
	w.sees(ada, 401)

	roles("POST")
	ada.Jar, _ = cookiejar.New(nil)
	signIn(ada, "ada")
	must(realm.Admin("POST", "/users/"+ids["ada"]+"/logout", ""))
	w.later(signin.CheckAge + time.Second)
	w.sees(ada, 401)

	signIn(ada, "ada")
	must(realm.Admin("PUT", "/users/"+ids["ada"], `{"enabled":false}`))
	w.later(signin.CheckAge + time.Second)
	w.sees(ada, 401)
}

// inIDToken checks what the package's comment says: the role is not in the ID token.
func inIDToken(t *testing.T, w *world) {
	t.Helper()
	page, _, err := w.space.Page(t.Context(), "s.", 10)
	if err != nil || len(page) != 1 {
		t.Fatal(page, err)
	}
	var session struct{ IDToken string }
	if err := json.Unmarshal(page[0].Body, &session); err != nil {
		t.Fatal(err)
	}
	said := map[string]any{}
	if err := claims.Read(session.IDToken, &said); err != nil || said["realm_access"] != nil || said["azp"] != "console" {
		t.Errorf("%v %v", said, err)
	}
	t.Logf("the session has %d bytes", len(page[0].Body))
}
