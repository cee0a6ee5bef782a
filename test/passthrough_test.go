package test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// passing gives the world a proxy with passthrough.
func (w *world) passing(t *testing.T) {
	t.Helper()
	cfg := w.cfg
	cfg.DropIn.Passthrough = new(config.DefaultPassthrough())
	cfg.Store.Embedded = &config.Embedded{Path: t.TempDir() + "/store.db"}
	w.proxy = proxytest.Serve(t, cfg)
}

// page sends a request as a browser does. It does not follow redirects.
func page(t *testing.T, jar http.CookieJar, method, target string, form url.Values, headers ...string) kctest.Reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return kctest.Reply{Status: res.StatusCode, Header: res.Header, Body: b}
}

// With passthrough a user can sign in through the proxy, from the sign-in page to the token. The
// proxy serves the SCIM API itself.
func TestPassthrough(t *testing.T) {
	w := newWorld(t)
	w.passing(t)
	realm := w.proxy + "/realms/" + w.realm.Name
	oidc := realm + "/protocol/openid-connect"
	const app = "http://app.invalid/back"
	for path, body := range map[string]string{
		"/clients": fmt.Sprintf(`{"clientId":"app","publicClient":true,"redirectUris":[%q]}`, app),
		"/users":   `{"username":"ada","enabled":true,"email":"ada@x.test","emailVerified":true,"firstName":"A","lastName":"L","credentials":[{"type":"password","value":"pw"}]}`,
	} {
		if a := w.realm.Admin("POST", path, body); a.Status != 201 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	if a := page(t, nil, "GET", realm+"/.well-known/openid-configuration", nil); a.Status != 200 || !strings.Contains(string(a.Body), `"issuer"`) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	query := url.Values{"client_id": {"app"}, "redirect_uri": {app}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s/../%2e;x"}}
	a := page(t, jar, "GET", oidc+"/auth?"+query.Encode(), nil)
	action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(string(a.Body))
	if a.Status != 200 || action == nil || len(a.Header["Set-Cookie"]) == 0 {
		t.Fatalf("no sign-in page: %d %v %.300s", a.Status, a.Header, a.Body)
	}
	// The form has the hostname that Keycloak is configured with. In a deployment that is the
	// proxy's.
	submit := strings.Replace(html.UnescapeString(action[1]), w.realm.Server.URL, w.proxy, 1)
	a = page(t, jar, "POST", submit, url.Values{"username": {"ada"}, "password": {"pw"}})
	back, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.Status != 302 || !strings.HasPrefix(back.String(), app) || back.Query().Get("state") != query.Get("state") {
		t.Fatalf("not signed in: %d %v %.300s", a.Status, a.Header, a.Body)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {"app"}, "redirect_uri": {app}, "code": {back.Query().Get("code")}}
	a = page(t, nil, "POST", oidc+"/token", form)
	var token struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(a.Body, &token); err != nil || a.Status != 200 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if a := page(t, nil, "GET", oidc+"/userinfo", nil, "Authorization", "Bearer "+token.Access); a.Status != 200 || !strings.Contains(string(a.Body), "ada@x.test") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := page(t, nil, "OPTIONS", oidc+"/token", nil, "Origin", "http://app.invalid"); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := page(t, nil, "GET", realm+"/scim/v2/Users", nil); a.Status != 401 || !strings.Contains(string(a.Body), "urn:ietf:params:scim:api:messages:2.0:Error") {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// No spelling of a path reaches Keycloak's own SCIM API or its Admin API, not even with an
// administrator's token.
func TestPassthroughReachesNoNativeAPI(t *testing.T) {
	w := newWorld(t)
	w.passing(t)
	if a := w.realm.SCIM(w.dropInToken, "POST", "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"natively-made","emails":[{"value":"n@x.test"}],"name":{"givenName":"A","familyName":"B"}}`); a.Status != 201 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	admin := w.realm.AdminToken()
	for _, path := range []string{
		"/realms/{r}/SCIM/v2/Users", "/REALMS/{r}/scim/v2/Users", "/realms/{r}/scim/V2/Users", "/realms/{r}//scim/v2/Users", "//realms/{r}/scim/v2/Users", "/realms//{r}/scim/v2/Users",
		"/realms/{r}/./scim/v2/Users", "/realms/{r}/x/../scim/v2/Users", "/realms/{r}/%2e/scim/v2/Users", "/realms/{r}/x/%2e%2E/scim/v2/Users", "/realms/{r}/scim/v2;x/Users",
		"/realms/{r}/scim;x/v2/Users", "/realms;x/{r}/scim/v2/Users", "/realms/{r}%2fscim/v2/Users", "/realms/{r}%2fscim%2fv2%2fUsers", "/realms/{r}/scim%2fv2/Users",
		"/realms\\{r}\\scim\\v2\\Users", "/realms/{r}/scim%5cv2/Users", "/realms/{r}/%2573cim/v2/Users", "/realms/{r}/scim/v2%252fUsers", "/realms/{r}/scim%00/v2/Users",
		"/realms/a%2f..%2f{r}/scim/v2/Users", "/js/..;/realms/{r}/scim/v2/Users", "/auth/realms/{r}/scim/v2/Users", "http://x//realms/{r}/scim/v2/Users", "http:realms/{r}/scim/v2/Users",
		"/admin/realms/{r}/users", "/ADMIN/realms/{r}/users", "/%61dmin/realms/{r}/users", "//admin/realms/{r}/users", "/admin;x/realms/{r}/users", "/./admin/realms/{r}/users",
		"/realms/../admin/realms/{r}/users", "/admin%2frealms/{r}/users", "/admin%00/realms/{r}/users", "http://x/admin/realms/{r}/users", "http:admin/realms/{r}/users", "/metrics", "/health",
	} {
		for _, token := range []string{w.dropInToken, admin} {
			status, body := rawGet(t, w.proxy, strings.ReplaceAll(path, "{r}", w.realm.Name), token)
			if status < 400 || strings.Contains(body, "natively-made") {
				t.Errorf("%s: %d %.200s", path, status, body)
			}
		}
	}
	// The proxy itself answers the spellings that are equivalent by RFC 3986.
	for _, path := range []string{"/%72ealms/{r}/scim/v2/Users", "/realms/{r}/scim/%76%32/Users", "http://x/realms/{r}/scim/v2/Users", "/realms/{r}/scim/v2//Users"} {
		status, body := rawGet(t, w.proxy, strings.ReplaceAll(path, "{r}", w.realm.Name), w.dropInToken)
		if status != 200 || !strings.Contains(body, `"itemsPerPage"`) || !strings.Contains(body, "natively-made") {
			t.Errorf("%s: %d %.200s", path, status, body)
		}
	}
}

// rawGet sends a GET with an unchanged request target.
func rawGet(t *testing.T, base, target, token string) (int, string) {
	t.Helper()
	c, err := new(net.Dialer).DialContext(context.WithoutCancel(t.Context()), "tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer %s\r\n\r\n", target, token); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
