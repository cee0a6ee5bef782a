package kctest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Realm is a fresh realm whose SCIM API is enabled.
type Realm struct {
	Server *Keycloak
	Name   string
	t      testing.TB
	client http.Client
	mu     sync.Mutex
	tokens map[string]token
}

type token struct {
	text    string
	expires time.Time
}

// Reply of a request.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
}

// NewRealm makes a realm with a random name; it is deleted with the test. Its users may be renamed.
// Its access tokens live an hour instead of five minutes, so that no test outlives them.
func NewRealm(t testing.TB) *Realm {
	t.Helper()
	return On(t, Server(t))
}

// On creates a realm with a random name on a server. It is deleted when the test ends.
func On(t testing.TB, s *Keycloak) *Realm {
	t.Helper()
	return Named(t, s, "t"+strings.ToLower(rand.Text()[:12]))
}

// Named is On with a name, which must not exist yet.
func Named(t testing.TB, s *Keycloak, name string) *Realm {
	t.Helper()
	r := &Realm{Server: s, Name: name, t: t, tokens: map[string]token{}}
	r.client.Timeout = time.Minute
	r.must(r.admin("POST", "", fmt.Sprintf(`{"realm":%q,"enabled":true,"scimApiEnabled":true,"editUsernameAllowed":true,"accessTokenLifespan":3600}`, r.Name)))
	t.Cleanup(func() { r.admin("DELETE", "/"+r.Name, "") })
	return r
}

func (r *Realm) must(a Reply) Reply {
	r.t.Helper()
	if a.Status >= 300 {
		r.t.Fatalf("Keycloak answered %d: %s", a.Status, a.Body)
	}
	return a
}

// Admin sends a request to the Admin REST API, below /admin/realms/{realm}, as the server's
// administrator.
func (r *Realm) Admin(method, path, body string) Reply {
	r.t.Helper()
	return r.admin(method, "/"+r.Name+path, body)
}

func (r *Realm) admin(method, path, body string) Reply {
	r.t.Helper()
	return r.do(method, r.Server.URL+"/admin/realms"+path, body, "application/json", r.AdminToken())
}

// AdminAs sends a request to the Admin REST API of the realm with another access token.
func (r *Realm) AdminAs(accessToken, method, path, body string) Reply {
	r.t.Helper()
	return r.do(method, r.Server.URL+"/admin/realms/"+r.Name+path, body, "application/json", accessToken)
}

// Release returns the release of the server, such as 26.7.3.
func (r *Realm) Release() string {
	r.t.Helper()
	var info struct{ SystemInfo struct{ Version string } }
	a := r.must(r.do("GET", r.Server.URL+"/admin/serverinfo", "", "", r.AdminToken()))
	if err := json.Unmarshal(a.Body, &info); err != nil {
		r.t.Fatal(err)
	}
	return info.SystemInfo.Version
}

// AdminToken returns an access token of the server's administrator.
func (r *Realm) AdminToken() string {
	r.t.Helper()
	return r.token("master", url.Values{"grant_type": {"password"}, "client_id": {"admin-cli"}, "username": {r.Server.AdminUser}, "password": {r.Server.AdminPassword}})
}

// Token returns an access token of a client of the realm.
func (r *Realm) Token(clientID, secret string) string {
	r.t.Helper()
	return r.token(r.Name, url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}})
}

// PasswordToken signs a user in by the password grant, which creates a session, and returns the
// access token.
func (r *Realm) PasswordToken(clientID, user, password string) string {
	r.t.Helper()
	return r.token(r.Name, url.Values{"grant_type": {"password"}, "client_id": {clientID}, "username": {user}, "password": {password}})
}

func (r *Realm) token(realm string, form url.Values) string {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	key := form.Encode()
	if have := r.tokens[key]; time.Now().Before(have.expires) {
		return have.text
	}
	a := r.must(r.do("POST", r.Server.URL+"/realms/"+realm+"/protocol/openid-connect/token", key, "application/x-www-form-urlencoded", ""))
	var answer struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	if err := json.Unmarshal(a.Body, &answer); err != nil {
		r.t.Fatal(err)
	}
	r.tokens[key] = token{answer.Token, time.Now().Add(time.Duration(answer.Expires/2) * time.Second)}
	return answer.Token
}

// SCIM sends a request to Keycloak's own SCIM API.
func (r *Realm) SCIM(accessToken, method, path, body string) Reply {
	r.t.Helper()
	return r.do(method, r.Server.URL+"/realms/"+r.Name+"/scim/v2"+path, body, "application/scim+json", accessToken)
}

func (r *Realm) do(method, target, body, contentType, accessToken string) Reply {
	r.t.Helper()
	// A cleanup runs after the test's context has ended.
	req, err := http.NewRequestWithContext(context.WithoutCancel(r.t.Context()), method, target, bytes.NewReader([]byte(body)))
	if err != nil {
		r.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if accessToken != "" {
		req.Header.Set("Authorization", "Bearer "+accessToken)
	}
	return r.Do(req)
}

// Do sends a request as it is.
func (r *Realm) Do(req *http.Request) Reply {
	r.t.Helper()
	res, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 64<<20))
	if err != nil {
		r.t.Fatal(err)
	}
	return Reply{res.StatusCode, res.Header, b}
}

// Map adds attributes to the realm's user profile.
func (r *Realm) Map(attributes ...string) {
	r.t.Helper()
	r.editProfile(func(p map[string]any) {
		list, _ := p["attributes"].([]any)
		for _, a := range attributes {
			list = append(list, json.RawMessage(a))
		}
		p["attributes"] = list
	})
}

// Relax makes every attribute of the realm's user profile optional.
func (r *Realm) Relax() {
	r.t.Helper()
	r.editProfile(func(p map[string]any) {
		list, _ := p["attributes"].([]any)
		for _, a := range list {
			if a, ok := a.(map[string]any); ok {
				delete(a, "required")
			}
		}
	})
}

func (r *Realm) editProfile(edit func(map[string]any)) {
	r.t.Helper()
	var p map[string]any
	if err := json.Unmarshal(r.must(r.Admin("GET", "/users/profile", "")).Body, &p); err != nil {
		r.t.Fatal(err)
	}
	edit(p)
	b, err := json.Marshal(p)
	if err != nil {
		r.t.Fatal(err)
	}
	r.must(r.Admin("PUT", "/users/profile", string(b)))
}

// ServiceAccount makes a confidential client whose service account has roles of realm-management
// and whose tokens carry the audience that the SCIM API asks for.
func (r *Realm) ServiceAccount(clientID string, roles ...string) (secret string) {
	r.t.Helper()
	secret = rand.Text()
	made := r.must(r.Admin("POST", "/clients", fmt.Sprintf(`{"clientId":%q,"secret":%q,"serviceAccountsEnabled":true,"publicClient":false,"standardFlowEnabled":false,
"protocolMappers":[{"name":"aud","protocol":"openid-connect","protocolMapper":"oidc-audience-mapper","config":{"included.custom.audience":%q,"access.token.claim":"true"}}]}`,
		clientID, secret, r.Server.URL+"/realms/"+r.Name+"/scim/v2")))
	location := made.Header.Get("Location")
	account := r.id(r.Admin("GET", "/clients/"+location[strings.LastIndex(location, "/")+1:]+"/service-account-user", ""))
	management := r.id(r.Admin("GET", "/clients?clientId=realm-management", ""))
	var mapped []json.RawMessage
	for _, role := range roles {
		mapped = append(mapped, r.must(r.Admin("GET", "/clients/"+management+"/roles/"+role, "")).Body)
	}
	if len(mapped) > 0 {
		b, err := json.Marshal(mapped)
		if err != nil {
			r.t.Fatal(err)
		}
		r.must(r.Admin("POST", "/users/"+account+"/role-mappings/clients/"+management, string(b)))
	}
	return secret
}

// id returns the id of a representation, or of the first one in a list.
func (r *Realm) id(a Reply) string {
	r.t.Helper()
	r.must(a)
	body := bytes.TrimSuffix(bytes.TrimPrefix(bytes.TrimSpace(a.Body), []byte("[")), []byte("]"))
	var one struct{ ID string }
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&one); err != nil {
		r.t.Fatal(err)
	}
	return one.ID
}
