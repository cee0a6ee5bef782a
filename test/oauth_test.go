package test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/config/configfile"
	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/oauthclient"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

const publicURL = "https://scim.test/idm"

// oauthSite has the tenants acme, by OAuth only, and globex, by both, in one realm, and a proxy.
type oauthSite struct {
	*premises
	proxy    string
	log      *observer.ObservedLogs
	upstream *proxytest.Upstream // between the proxy and Keycloak
	secret   string              // of acme-idp
	token    string              // of globex
}

func newOAuthSite(t *testing.T) *oauthSite {
	t.Helper()
	s := &oauthSite{premises: newPremises(t)}
	s.tenant(2, "add", "acme", "--realm", s.Name, "--group", "acme", "--auth", "oauth") // no publicURL
	s.write("config.yaml", "publicURL: "+publicURL+"\nlisten: 127.0.0.1:0\nadminListen: \"\"\nkeycloak: {url: "+s.Server.URL+"}\nstore: {embedded: {path: store.db}}\ntenantsDir: tenants.d\n")
	var added struct {
		Token string
		OAuth struct{ TokenEndpoint, ClientID, ClientSecret string }
	}
	for _, auth := range []string{"both globex", "oauth acme"} {
		how, name, _ := strings.Cut(auth, " ")
		added.Token = ""
		out := s.tenant(0, "add", name, "--realm", s.Name, "--group", name, "--pool", "1", "--auth", how, "--output", "json")
		if err := json.NewDecoder(strings.NewReader(out[strings.Index(out, "{\n"):])).Decode(&added); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if (added.Token != "") != (how == "both") || added.OAuth.ClientSecret == "" || added.OAuth.ClientID != name+"-idp" ||
			added.OAuth.TokenEndpoint != s.Server.URL+"/realms/"+s.Name+"/protocol/openid-connect/token" {
			t.Errorf("%s: %+v", auth, added)
		}
		if how == "both" {
			s.token = added.Token
		}
	}
	s.secret = added.OAuth.ClientSecret
	return s
}

// run starts the proxy.
func (s *oauthSite) run(t *testing.T) {
	t.Helper()
	cfg, err := configfile.Load(s.config(), adapters.Known)
	if err != nil {
		t.Fatal(err)
	}
	s.upstream = proxytest.NewUpstream(t, s.Server.URL)
	cfg.Keycloak.URL = s.upstream.URL
	core, log := observer.New(zapcore.InfoLevel)
	at, stop := proxytest.Start(t, *cfg, zap.New(core))
	t.Cleanup(stop)
	s.proxy, s.log = at, log
}

// ask sends a GET for the users at a path of the proxy.
func (s *oauthSite) ask(t *testing.T, path, token string) kctest.Reply {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.proxy+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return s.Do(req)
}

// grant asks for tokens by a form.
func grant(t *testing.T, r *kctest.Realm, form url.Values) (kctest.Reply, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.Server.URL+"/realms/"+r.Name+"/protocol/openid-connect/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := r.Do(req)
	return a, gjson.GetBytes(a.Body, "access_token").String()
}

// idp makes a client like those of tenant add, with changes, and returns its access token.
func idp(t *testing.T, r *kctest.Realm, id, audience, scopes, more string) string {
	t.Helper()
	r.Admin("POST", "/client-scopes", `{"name":"scim","protocol":"openid-connect","attributes":{"include.in.token.scope":"true"}}`)
	r.Made(r.Admin("POST", "/clients", fmt.Sprintf(`{"clientId":%q,"secret":"s","serviceAccountsEnabled":true,"standardFlowEnabled":false,"defaultClientScopes":[%s],"optionalClientScopes":[],
"protocolMappers":[{"name":"aud","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper","config":{"included.custom.audience":%q,"access.token.claim":"true"}}]%s}`, id, scopes, audience, more)))
	a, token := grant(t, r, url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {"s"}})
	if token == "" {
		t.Fatalf("%s: %s", id, a.Body)
	}
	return token
}

const acmeURL, allScopes = publicURL + "/tenants/acme/scim/v2", `"basic","service_account","scim"`

// A tenant accepts the tokens of its own client, which are worth nothing elsewhere, and no other
// token. Every refusal is the same answer.
func TestOAuth(t *testing.T) {
	s := newOAuthSite(t)
	other := kctest.NewRealm(t)
	mine := s.Token("acme-idp", s.secret)
	refused := map[string]string{
		"another client":    idp(t, s.Realm, "stranger", acmeURL, allScopes, ""),
		"another realm":     idp(t, other, "acme-idp", acmeURL, allScopes, ""),
		"another audience":  idp(t, s.Realm, "astray", publicURL+"/tenants/globex/scim/v2", allScopes, ""),
		"without scope":     idp(t, s.Realm, "unscoped", acmeURL, `"basic","service_account"`, ""),
		"expired":           idp(t, s.Realm, "brief", acmeURL, allScopes, `,"attributes":{"access.token.lifespan":"1"}`),
		"the service's own": s.accountToken(t),
		"no token":          "", "a text": "x.y.z", "an opaque token": s.token,
	}
	idp(t, s.Realm, "interactive", acmeURL, allScopes, `,"directAccessGrantsEnabled":true`)
	s.person(t)
	form := url.Values{"grant_type": {"password"}, "client_id": {"interactive"}, "client_secret": {"s"}, "username": {"ada"}, "password": {"pw"}, "scope": {"openid"}}
	a, person := grant(t, s.Realm, form)
	refused["a user's token"], refused["a user's ID token"] = person, gjson.GetBytes(a.Body, "id_token").String()
	refused["a user's refresh token"] = gjson.GetBytes(a.Body, "refresh_token").String()
	if person == "" || refused["a user's ID token"] == "" {
		t.Fatalf("%s", a.Body)
	}
	header, rest, _ := strings.Cut(mine, ".")
	payload, _, _ := strings.Cut(rest, ".")
	refused["none"] = base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + payload + "."
	refused["without its signature"] = header + "." + payload + "."
	refused["wrong key"] = signed(t, header+"."+payload)
	refused["an assertion"] = s.assertion(t)
	s.name(t, "acme-idp", "astray", "unscoped", "brief", "interactive", "signs")
	s.run(t)

	if a := s.ask(t, "/tenants/acme/scim/v2/Users", mine); a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for path, want := range map[string]int{"/tenants/globex/scim/v2/Users": 401, "/scim/v2/Users": 401, "/tenants/nobody/scim/v2/Users": 401} {
		if a := s.ask(t, path, mine); a.Status != want {
			t.Errorf("at %s: %d", path, a.Status)
		}
	}
	if a := s.SCIM(mine, "GET", "/Users", ""); a.Status != http.StatusUnauthorized {
		t.Errorf("Keycloak's SCIM API answers %d", a.Status)
	}
	if a := s.AdminAs(mine, "GET", "/users", ""); a.Status != http.StatusForbidden {
		t.Errorf("the Admin REST API answers %d", a.Status)
	}
	const challenge = `Bearer realm="scim", resource_metadata="https://scim.test/.well-known/oauth-protected-resource/idm/tenants/acme/scim/v2"`
	for name, token := range refused {
		a := s.ask(t, "/tenants/acme/scim/v2/Users", token)
		for range 100 { // it expires after a second
			if name != "expired" || a.Status == http.StatusUnauthorized {
				break
			}
			time.Sleep(50 * time.Millisecond)
			a = s.ask(t, "/tenants/acme/scim/v2/Users", token)
		}
		if a.Status != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") != challenge {
			t.Errorf("%s: %d %s %s", name, a.Status, a.Header.Get("WWW-Authenticate"), a.Body)
		}
		if detail := gjson.GetBytes(a.Body, "detail").String(); token != "" && detail != "the bearer token is not valid here" {
			t.Errorf("%s: %s", name, detail)
		}
	}
	if a := s.ask(t, "/tenants/globex/scim/v2/Users", s.token); a.Status != http.StatusOK {
		t.Errorf("a token beside OAuth: %d", a.Status)
	}
	s.metadata(t)
	down := func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }
	s.upstream.Before.Store(&down)
	for token, want := range map[string]int{mine: 200, refused["wrong key"]: 401} {
		if a := s.ask(t, "/tenants/acme/scim/v2/ServiceProviderConfig", token); a.Status != want {
			t.Errorf("Keycloak is down: %d, want %d", a.Status, want)
		}
	}
	lines := s.log.FilterField(zap.String("client", "acme-idp")).All()
	if len(lines) != 2 || lines[0].ContextMap()["tenant"] != "acme" {
		t.Errorf("the log: %v", lines)
	}
	s.elsewhere(t, mine)
}

// elsewhere allows other networks than that of the caller, whose token is then worth nothing.
func (s *oauthSite) elsewhere(t *testing.T, token string) {
	t.Helper()
	s.write("tenants.d/acme.yaml", s.read("tenants.d/acme.yaml")+"\nallowedNetworks: [192.0.2.0/24]\n")
	var a kctest.Reply
	for range 200 { // the proxy follows the file
		if a = s.ask(t, "/tenants/acme/scim/v2/ServiceProviderConfig", token); a.Status != http.StatusOK {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if a.Status != http.StatusUnauthorized || gjson.GetBytes(a.Body, "detail").String() != "the bearer token is not valid here" {
		t.Errorf("from another network: %d %s", a.Status, a.Body)
	}
	lines := s.log.FilterField(zap.String("client", "acme-idp")).FilterField(zap.String("token", "network")).FilterField(zap.String("address", "127.0.0.1")).All()
	if len(lines) != 1 {
		t.Errorf("the log: %v", lines)
	}
}

// metadata checks RFC 9728.
func (s *oauthSite) metadata(t *testing.T) {
	t.Helper()
	const at = "/.well-known/oauth-protected-resource/idm/tenants/"
	a := s.ask(t, at+"acme/scim/v2", "")
	want := fmt.Sprintf(`{"resource":%q,"authorization_servers":[%q],"scopes_supported":["scim"],"bearer_methods_supported":["header"]}`, acmeURL, s.Server.URL+"/realms/"+s.Name)
	if a.Status != http.StatusOK || string(a.Body) != want || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %s %s", a.Status, a.Header.Get("Content-Type"), a.Body)
	}
	for _, path := range []string{at + "nobody/scim/v2", at + "acme", "/.well-known/oauth-protected-resource"} {
		if a := s.ask(t, path, ""); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.Status)
		}
	}
}

// name writes the clients that acme accepts.
func (s *oauthSite) name(t *testing.T, clients ...string) {
	t.Helper()
	file := "tenants.d/acme.yaml"
	s.replace(file, "{clients: [acme-idp]}", "{clients: ["+strings.Join(clients, ", ")+"]}")
}

// accountToken is a token of the tenant's own account, whose rights a caller must not get.
func (s *oauthSite) accountToken(t *testing.T) string {
	t.Helper()
	return s.Token("scim-acme", strings.TrimSpace(s.read("tenants.d/acme.secret")))
}

// person makes a user with a password.
func (s *oauthSite) person(t *testing.T) {
	t.Helper()
	s.Made(s.Admin("POST", "/users", `{"username":"ada","enabled":true,"email":"ada@example.com","firstName":"A","lastName":"L","emailVerified":true,"credentials":[{"type":"password","value":"pw"}]}`))
}

// assertion gets a token by a signed assertion, checks that Keycloak refuses its replay, and
// returns it.
func (s *oauthSite) assertion(t *testing.T) string {
	t.Helper()
	key, err := clientkey.Generate(clientkey.ES256)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := onboarding.Login(t.Context(), s.Server.URL, onboarding.Administrator{User: s.Server.AdminUser, Password: s.Server.AdminPassword}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := oauthclient.Client{Realm: s.Name, ClientID: "signs", Tenant: "acme", URL: acmeURL, Key: &key}
	if secret, err := oauthclient.Ensure(t.Context(), admin, c); err != nil || secret != "" {
		t.Fatal(secret, err)
	}
	assertion, err := key.Sign(clientkey.Assertion{Client: "signs", Audience: s.Server.URL + "/realms/" + s.Name, ID: rand.Text(), At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"signs"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	if a, token := grant(t, s.Realm, form); token == "" {
		t.Fatalf("%s", a.Body)
	}
	a, token := grant(t, s.Realm, form)
	if token != "" || a.Status < 400 {
		t.Errorf("an assertion works twice: %d %s", a.Status, a.Body)
	}
	return assertion
}

// signed signs a token with a key of its own.
func signed(t *testing.T, text string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// The client is made once, is not one that others made, and ends with the tenant.
func TestOAuthClientOfATenant(t *testing.T) {
	s := newOAuthSite(t)
	if plan := s.tenant(0, "plan", "acme"); !strings.Contains(plan, "nothing would change") {
		t.Error(plan)
	}
	again := s.tenant(0, "add", "acme")
	if strings.Contains(again, s.secret) || strings.Contains(again, "token     as before") || strings.Contains(again, "kscim_") || !strings.Contains(again, "client ID       acme-idp") {
		t.Error(again)
	}
	if s.Token("acme-idp", s.secret); strings.Contains(s.read("tenants.d/acme.yaml"), "tokens:") {
		t.Error("the tenant got a token, or its client another secret")
	}
	idp(t, s.Realm, "taken", acmeURL, allScopes, "")
	if out := s.tenant(1, "add", "acme", "--auth", "both", "--oauth-client", "taken"); !strings.Contains(out, "was not changed") {
		t.Error(out)
	}
	if out := s.tenant(1, "add", "acme", "--auth", "oauth", "--oauth-client", "globex-idp"); !strings.Contains(out, "was not changed") {
		t.Error("the client of another tenant: " + out)
	}
	s.replace("config.yaml", publicURL, publicURL+"2")
	if plan := s.tenant(0, "plan", "acme"); !strings.Contains(plan, "~ OAuth client acme-idp") {
		t.Error(plan)
	}
	s.tenant(0, "add", "acme")
	if plan := s.tenant(0, "plan", "acme"); !strings.Contains(plan, "nothing would change") {
		t.Error(plan)
	}
	s.name(t, "acme-idp", "globex-idp", "taken")
	s.tenant(0, "remove", "acme", "--yes")
	for client, left := range map[string]bool{"acme-idp": false, "globex-idp": true, "taken": true} {
		if a := s.Admin("GET", "/clients?clientId="+client, ""); (string(a.Body) != "[]") != left {
			t.Errorf("%s: %s", client, a.Body)
		}
	}
}
