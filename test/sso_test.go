package test

import (
	"encoding/base64"
	"errors"
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

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/proxytest"
)

// sso is a world whose users sign in through an identity provider: a second realm.
type sso struct {
	*world
	corp *kctest.Realm
}

// app is where a sign-in ends.
const app = "http://app.example/"

// newSSO makes a world of one realm, or of a group of one, with the alias corp.
func newSSO(t *testing.T, group bool, change func(*config.Tenant)) sso {
	t.Helper()
	w := sso{corp: kctest.NewRealm(t)}
	if group {
		w.world, _ = plannedConfined(t)
	} else {
		r := kctest.NewRealm(t)
		w.world = plannedWorld(t, r, r.Server.URL)
	}
	tenant := &w.cfg.Tenants[0]
	tenant.OnDelete, tenant.SSOLink = "park", &config.SSOLink{IDP: "corp", UserID: "externalId"}
	if change != nil {
		change(tenant)
	}
	w.proxy = proxytest.Serve(t, w.cfg)
	made := func(a kctest.Reply) {
		t.Helper()
		if a.Status != 201 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	at := w.corp.Server.URL + "/realms/" + w.corp.Name
	made(w.corp.Admin("POST", "/clients", fmt.Sprintf(`{"clientId":"saas","secret":"saas","publicClient":false,"standardFlowEnabled":true,"redirectUris":[%q]}`, w.realm.Server.URL+"/realms/"+w.realm.Name+"/broker/corp/endpoint*")))
	made(w.realm.Admin("POST", "/identity-provider/instances", fmt.Sprintf(`{"alias":"corp","providerId":"oidc","enabled":true,"trustEmail":true,"config":{"clientId":"saas","clientSecret":"saas","clientAuthMethod":"client_secret_post",
"issuer":%[1]q,"authorizationUrl":"%[1]s/protocol/openid-connect/auth","tokenUrl":"%[1]s/protocol/openid-connect/token","jwksUrl":"%[1]s/protocol/openid-connect/certs","useJwksUrl":"true","validateSignature":"true","defaultScope":"openid profile email","syncMode":"IMPORT"}}`, at)))
	made(w.realm.Admin("POST", "/clients", `{"clientId":"app","publicClient":true,"standardFlowEnabled":true,"redirectUris":["`+app+`*"]}`))
	return w
}

// person makes a user of the identity provider and returns its id there.
func (w sso) person(t *testing.T, name, mail string) string {
	t.Helper()
	return w.corp.Made(w.corp.Admin("POST", "/users", fmt.Sprintf(`{"username":%q,"enabled":true,"email":%q,"emailVerified":true,"firstName":"F","lastName":"L","credentials":[{"type":"password","value":"pw"}]}`, name, mail)))
}

// insecure makes cookies that are only for TLS usable without it.
type insecure struct{}

func (insecure) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		for i, c := range a.Header["Set-Cookie"] {
			a.Header["Set-Cookie"][i] = regexp.MustCompile(`(?i);\s*secure`).ReplaceAllString(c, "")
		}
	}
	return a, err
}

var form = regexp.MustCompile(`action="([^"]+)"`)

// browser is one without a screen.
type browser struct {
	http.Client
	callback string // the last address of the broker's endpoint
	code     string
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{Client: http.Client{Transport: insecure{}}}
	b.Jar, _ = cookiejar.New(nil) // no error without options
	b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.Contains(r.URL.Path, "/broker/corp/endpoint") {
			b.callback = r.URL.String()
		}
		if strings.HasPrefix(r.URL.String(), app) {
			b.code = r.URL.Query().Get("code")
			return http.ErrUseLastResponse
		}
		return nil
	}
	return b
}

func (b *browser) page(t *testing.T, a *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// signIn signs a person in through the identity provider. It returns the id of the user in the
// tenant's realm, or the page at which the sign-in ends.
func (w sso) signIn(t *testing.T, b *browser, person string) (user, page string) {
	t.Helper()
	at := w.realm.Server.URL + "/realms/" + w.realm.Name + "/protocol/openid-connect/"
	a, err := b.Get(at + "auth?" + url.Values{"client_id": {"app"}, "redirect_uri": {app}, "response_type": {"code"}, "scope": {"openid"}, "kc_idp_hint": {"corp"}}.Encode()) //nolint:noctx // a test
	page = b.page(t, a, err)
	to := form.FindStringSubmatch(page)
	if to == nil {
		t.Fatalf("no form: %s", page)
	}
	a, err = b.PostForm(html.UnescapeString(to[1]), url.Values{"username": {person}, "password": {"pw"}}) //nolint:noctx // a test
	page = b.page(t, a, err)
	if b.code == "" {
		return "", page
	}
	a, err = b.PostForm(at+"token", url.Values{"grant_type": {"authorization_code"}, "code": {b.code}, "client_id": {"app"}, "redirect_uri": {app}}) //nolint:noctx // a test
	token := strings.Split(gjson.Get(b.page(t, a, err), "access_token").String(), ".")
	if len(token) != 3 {
		t.Fatal("no token")
	}
	claims, _ := base64.RawURLEncoding.DecodeString(token[1])
	return gjson.GetBytes(claims, "sub").String(), ""
}

// meets checks where a sign-in ends: as a user, or at a page with a text. The realm has so many
// users afterwards.
func (w sso) meets(t *testing.T, person, user, text string, users int) {
	t.Helper()
	got, page := w.signIn(t, newBrowser(t), person)
	if got != user || !strings.Contains(page, text) {
		t.Errorf("%s signs in as %q, want %q; the page has no %q: %.600s", person, got, user, text, said(page))
	}
	if n := string(w.realm.Admin("GET", "/users/count", "").Body); n != fmt.Sprint(users) {
		t.Errorf("after the sign-in of %s the realm has %s users, want %d", person, n, users)
	}
}

// said is the text of a page.
func said(page string) string {
	_, body, _ := strings.Cut(page, "<body")
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")), " ")
}

// provisioned is a user with an external id.
func provisioned(name, externalID string) string {
	return strings.NewReplacer("e-ada", externalID, `"ada"`, `"`+name+`"`, "ada@", name+"@").Replace(adaBody)
}

func replacing(path, value string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"` + path + `","value":` + value + `}]}`
}

// linkOf is the external id that a user is linked to.
func (w sso) linkOf(id string) string {
	return gjson.GetBytes(w.realm.Admin("GET", "/users/"+id+"/federated-identity", "").Body, "0.userId").String()
}

func eachWay(t *testing.T, change func(*config.Tenant), test func(t *testing.T, w sso)) {
	t.Helper()
	for _, group := range []bool{false, true} {
		t.Run(fmt.Sprintf("group=%t", group), func(t *testing.T) { test(t, newSSO(t, group, change)) })
	}
}

// The life of a person who signs in through an identity provider: no question at first, refused
// after leaving, and in again with the new account after a return.
func TestSignInOfProvisionedUsers(t *testing.T) {
	eachWay(t, nil, func(t *testing.T, w sso) {
		person := w.person(t, "ada", "ada@example.com")
		id := w.wants(t, "POST", "/Users", provisioned("ada", person), 201).Get("id").String()
		w.meets(t, "ada", id, "", 1)
		w.wants(t, "PATCH", "/Users/"+id, replacing("active", "false"), 200)
		w.meets(t, "ada", "", "disabled", 1)
		w.wants(t, "PATCH", "/Users/"+id, replacing("active", "true"), 200)
		w.meets(t, "ada", id, "", 1)
		w.wants(t, "DELETE", "/Users/"+id, "", 204)
		w.meets(t, "ada", "", "disabled", 1)
		again := w.wants(t, "POST", "/Users", provisioned("ada", person), 201).Get("id").String()
		w.meets(t, "ada", again, "", 2)
		if again == id || w.linkOf(id) != "" || w.linkOf(again) != person {
			t.Errorf("the links: %q of the parked account, %q of the new one", w.linkOf(id), w.linkOf(again))
		}
		other := w.person(t, "ada2", "ada2@example.com")
		w.wants(t, "PATCH", "/Users/"+again, replacing("externalId", `"`+other+`"`), 200)
		w.meets(t, "ada2", again, "", 2)
		w.wants(t, "PATCH", "/Users/"+again, replacing("title", `"Lead"`), 200)
		if got := w.linkOf(again); got != other {
			t.Errorf("the link is %q, want %q", got, other)
		}
	})
}

// A user who was deactivated by a DELETE keeps the link, and comes back with it.
func TestSignInAfterDeactivatingDelete(t *testing.T) {
	eachWay(t, func(c *config.Tenant) { c.OnDelete = "deactivate" }, func(t *testing.T, w sso) {
		person := w.person(t, "ada", "ada@example.com")
		id := w.wants(t, "POST", "/Users", provisioned("ada", person), 201).Get("id").String()
		w.wants(t, "DELETE", "/Users/"+id, "", 204)
		w.meets(t, "ada", "", "disabled", 1)
		w.wants(t, "POST", "/Users", provisioned("ada", person), 201)
		w.meets(t, "ada", id, "", 1)
	})
}

// No one signs in as another user.
func TestTakeovers(t *testing.T) {
	eachWay(t, nil, func(t *testing.T, w sso) {
		victim, mallory := w.person(t, "vic", "vic@corp.example"), w.person(t, "mallory", "vic@example.com") // the address of vic in the tenant
		id := w.wants(t, "POST", "/Users", provisioned("vic", victim), 201).Get("id").String()
		own := w.wants(t, "POST", "/Users", provisioned("own", "e-own"), 201).Get("id").String()
		before := w.realm.Admin("GET", "/users?briefRepresentation=false", "").Body

		w.wants(t, "POST", "/Users", provisioned("thief", victim), 409)                                    // a link that is taken
		w.wants(t, "PATCH", "/Users/"+own, replacing("externalId", `"`+victim+`"`), 409)                   // by a change
		w.wants(t, "PUT", "/Users/"+own, provisioned("own", victim), 409)                                  // by a replacement
		w.wants(t, "POST", "/Users", provisioned("vic", mallory), 409)                                     // a second create of the same name
		w.wants(t, "POST", "/Users", strings.Replace(provisioned("eve", mallory), "eve@", "vic@", 1), 409) // the address of another user
		if after := w.realm.Admin("GET", "/users?briefRepresentation=false", "").Body; string(after) != string(before) || w.linkOf(id) != victim || w.linkOf(own) != "e-own" {
			t.Errorf("Keycloak has\n%s, and had\n%s\nlinks %q and %q", after, before, w.linkOf(id), w.linkOf(own))
		}
		w.finds(t, `externalId eq "`+victim+`"`, 1)
		w.meets(t, "mallory", "", "already exists", 2) // the same address
		w.meets(t, "vic", id, "", 2)

		b := newBrowser(t) // the callback of another browser, again
		if got, _ := w.signIn(t, b, "vic"); got != id {
			t.Fatalf("signed in as %q", got)
		}
		thief := newBrowser(t)
		a, err := thief.Get(b.callback) //nolint:noctx // a test
		if page := thief.page(t, a, err); thief.code != "" {
			t.Errorf("a replayed callback signs in: %.500s", page)
		}
	})
}

// A tenant that gives its own user the external id of another tenant's user may lock this user out,
// and does not get in as it. Keycloak shows no account of one group the users of another.
func TestLinkOfAnotherTenant(t *testing.T) {
	w := newSSO(t, true, nil)
	victim := w.person(t, "vic", "vic@corp.example")
	outside := w.realm.Made(w.realm.Admin("POST", "/users", fmt.Sprintf(`{"username":"vic","enabled":true,"email":"vic@example.com","firstName":"F","lastName":"L","federatedIdentities":[{"identityProvider":"corp","userId":%q,"userName":"vic"}]}`, victim)))
	w.meets(t, "vic", outside, "", 1)
	own := w.wants(t, "POST", "/Users", provisioned("own", victim), 201).Get("id").String()
	if got, page := w.signIn(t, newBrowser(t), "vic"); got != outside && (got != "" || !strings.Contains(page, "Unexpected error")) { // as before while Keycloak has it in its cache
		t.Errorf("vic signs in as %q: own is %s, vic is %s: %.300s", got, own, outside, said(page))
	}
	w.wants(t, "PATCH", "/Users/"+own, replacing("externalId", `"e-own"`), 200)
	w.meets(t, "vic", outside, "", 2)
}

// A user that a sign-in has made becomes the created one if the operator allows it, and only if it
// has the link.
func TestAdoption(t *testing.T) {
	for _, adopt := range []bool{false, true} {
		w := newSSO(t, false, func(c *config.Tenant) { c.SSOLink.Adopt = adopt })
		person := w.person(t, "jit", "jit@example.com")
		id, page := w.signIn(t, newBrowser(t), "jit")
		if id == "" {
			t.Fatalf("no sign-in: %s", page)
		}
		w.wants(t, "POST", "/Users", provisioned("jit", "another"), 409)
		if !adopt {
			w.wants(t, "POST", "/Users", provisioned("jit", person), 409)
			w.wants(t, "POST", "/Users", provisioned("other", person), 409)
			continue
		}
		if got := w.wants(t, "POST", "/Users", provisioned("jit", person), 201).Get("id").String(); got != id {
			t.Errorf("the user is %s, want %s", got, id)
		}
		if a := w.wants(t, "GET", "/Users/"+id, "", 200); a.Get("externalId").String() != person || a.Get("title").String() != "Countess" {
			t.Errorf("the adopted user: %s", a.Raw)
		}
		w.meets(t, "jit", id, "", 1)
		w.wants(t, "POST", "/Users", provisioned("jit", person), 409)
		w.wants(t, "POST", "/Users", provisioned("jit2", person), 409)
		w.finds(t, `externalId eq "`+person+`"`, 1)
	}
}

// A create whose answer was lost is finished by its retry, also if it has made the link.
func TestLinkOfAnUnansweredCreate(t *testing.T) {
	eachWay(t, nil, func(t *testing.T, w sso) {
		f := newFaulty(t, w.realm.Server.URL)
		w.through(t, f, 20*time.Second)
		lost := func(a *http.Response) error {
			if a.Request.Method == http.MethodPost && strings.HasSuffix(strings.ToLower(a.Request.URL.Path), "/users") && a.StatusCode == 201 {
				return errors.New("lost")
			}
			return nil
		}
		f.After.Store(&lost)
		w.wants(t, "POST", "/Users", provisioned("ada", "e-ada"), 503)
		f.After.Store(nil)
		id := w.wants(t, "POST", "/Users", provisioned("ada", "e-ada"), 201).Get("id").String()
		if got := w.linkOf(id); got != "e-ada" {
			t.Errorf("the link is %q", got)
		}
		w.wants(t, "POST", "/Users", provisioned("ada", "e-ada"), 409)
		w.wants(t, "POST", "/Users", provisioned("bob", "e-ada"), 409)
	})
}
