package test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/proxy/scim"
)

// instantUsers is how many users an instant Keycloak has.
const instantUsers = 1000

// instant is a server that answers from memory, in microseconds, the requests that a proxy sends to
// Keycloak in BenchmarkOverhead. It has one realm, r, and stores given names only.
type instant struct {
	*httptest.Server
	given [instantUsers]atomic.Pointer[string] // the given names, by the index of the user
	self  atomic.Pointer[string]               // the account's own user, which the proxy marks
}

func newInstant(b *testing.B) *instant {
	b.Helper()
	k, none, self := &instant{}, "F", `{"id":"self","username":"service-account-scim"}`
	for i := range k.given {
		k.given[i].Store(&none)
	}
	k.self.Store(&self)
	mux := http.NewServeMux()
	for pattern, answer := range map[string]func() string{
		"POST /realms/r/protocol/openid-connect/token":   k.token,
		"GET /realms/r/protocol/openid-connect/certs":    func() string { return `{"keys":[]}` },
		"GET /realms/r/.well-known/openid-configuration": func() string { return fmt.Sprintf(`{"issuer":%q}`, k.issuer()) },
		"GET /admin/realms/r":                            func() string { return `{"realm":"r","scimApiEnabled":true}` },
		"GET /admin/realms/r/users/profile":              func() string { return instantProfile },
		"GET /admin/realms/r/users/self":                 func() string { return *k.self.Load() },
		"GET /realms/r/scim/v2/Users": func() string {
			return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":%d,"startIndex":1,"itemsPerPage":1,"Resources":[%s]}`, instantUsers, k.user(0))
		},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, answer()) })
	}
	mux.HandleFunc("PUT /admin/realms/r/users/self", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text := string(body)
		k.self.Store(&text)
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /realms/r/scim/v2/Users/{id}", k.get)
	mux.HandleFunc("PATCH /realms/r/scim/v2/Users/{id}", k.patch)
	k.Server = httptest.NewServer(mux)
	b.Cleanup(k.Close)
	return k
}

const instantProfile = `{"attributes":[
	{"name":"username","validations":{"length":{"min":3,"max":255}},"permissions":{"view":["admin"],"edit":["admin"]}},
	{"name":"email","validations":{"email":{},"length":{"max":255}},"permissions":{"view":["admin"],"edit":["admin"]}},
	{"name":"firstName","validations":{"length":{"max":255}},"permissions":{"view":["admin"],"edit":["admin"]}},
	{"name":"lastName","validations":{"length":{"max":255}},"permissions":{"view":["admin"],"edit":["admin"]}}]}`

func answerJSON(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/scim+json")
	_, _ = io.WriteString(w, text)
}

func (k *instant) issuer() string { return k.URL + "/realms/r" }

// token answers an access token with the claims that a proxy reads. It is not signed.
func (k *instant) token() string {
	claims, _ := json.Marshal(map[string]any{"iss": k.issuer(), "sub": "self", "aud": k.issuer() + "/scim/v2"})
	return fmt.Sprintf(`{"access_token":"e30.%s.e30","expires_in":3600}`, base64.RawURLEncoding.EncodeToString(claims))
}

// instantID is the id of a user.
func instantID(i int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012d", i) }

// user is a user as Keycloak answers it.
func (k *instant) user(i int) string {
	given := *k.given[i].Load()
	return fmt.Sprintf(`{"schemas":[%q],"id":%q,"meta":{"resourceType":"User","created":"2026-11-01T00:00:00Z","lastModified":"2026-11-01T00:00:00Z","location":"%s/scim/v2/Users/%[2]s"},
		"userName":"user%05[4]d","active":true,"name":{"givenName":%[5]q,"familyName":"L","formatted":"%[5]s L"},"emails":[{"value":"user%05[4]d@example.com","primary":true}],"groups":[]}`,
		scim.UserURN, instantID(i), k.issuer(), i, given)
}

// index returns the user that a request is about, or answers 404.
func (k *instant) index(w http.ResponseWriter, r *http.Request) (int, bool) {
	i := 0
	_, err := fmt.Sscanf(r.PathValue("id"), "00000000-0000-0000-0000-%012d", &i)
	if err != nil || i < 0 || i >= instantUsers {
		w.WriteHeader(http.StatusNotFound)
		return 0, false
	}
	return i, true
}

func (k *instant) get(w http.ResponseWriter, r *http.Request) {
	if i, ok := k.index(w, r); ok {
		answerJSON(w, k.user(i))
	}
}

func (k *instant) patch(w http.ResponseWriter, r *http.Request) {
	i, ok := k.index(w, r)
	if !ok {
		return
	}
	body, _ := io.ReadAll(r.Body)
	for _, op := range gjson.GetBytes(body, "Operations").Array() {
		if strings.EqualFold(op.Get("path").String(), "name.givenName") {
			name := op.Get("value").String()
			k.given[i].Store(&name)
		}
	}
	answerJSON(w, k.user(i))
}
