package keycloak

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
)

// issuer is a Keycloak that issues the tokens t1, t2, … and accepts those in valid.
type issuer struct {
	life   int // seconds
	issued int
	valid  func(token string) bool
	calls  []string // the tokens of calls to the API
}

func (k *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
	if strings.HasSuffix(r.URL.Path, "/token") {
		k.issued++
		return answer(200, fmt.Sprintf(`{"access_token":"t%d","expires_in":%d}`, k.issued, k.life))
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	k.calls = append(k.calls, token)
	if !k.valid(token) {
		return answer(401, `{"error":"HTTP 401 Unauthorized"}`)
	}
	return answer(200, `{"id":"1"}`)
}

func accepted(tokens ...string) func(string) bool {
	return func(token string) bool { return strings.Contains(strings.Join(tokens, " ")+" ", token+" ") }
}

var one = scim.Ref{Type: scim.User, ID: "1"}

// The account's token is used until 20 s before it expires, or for half of a short lifetime. Then
// it is replaced before a call fails.
func TestAccountRenewsBeforeExpiry(t *testing.T) {
	for _, row := range []struct{ life, lasts int }{{300, 280}, {60, 40}, {40, 20}, {30, 15}, {1, 0}} {
		clock := time.Unix(1e9, 0)
		k := &issuer{life: row.life, valid: func(string) bool { return true }}
		client := NewClient("http://keycloak.example", k, time.Minute, 1)
		account := NewAccount(client, "r", "scim", func() (string, error) { return "s", nil }, func() time.Time { return clock })
		realm := NewRealm(client, "r", account, profile.Stock())
		use := func() {
			t.Helper()
			if _, err := realm.Get(t.Context(), one, directory.Fields{}); err != nil {
				t.Fatal(err)
			}
		}
		use()
		if clock = clock.Add(time.Duration(row.lasts)*time.Second - 1); row.lasts > 0 {
			use()
		}
		if k.issued != 1 {
			t.Errorf("a token of %d s: %d tokens before it is replaced, want 1", row.life, k.issued)
		}
		clock = clock.Add(time.Second)
		use()
		if k.issued != 2 || k.calls[len(k.calls)-1] != "t2" {
			t.Errorf("a token of %d s is not replaced: calls with %v", row.life, k.calls)
		}
	}
}

// If Keycloak refuses a token, it is replaced and the call is sent again, once. That does not apply
// to a caller's own token.
func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	for _, row := range []struct {
		name   string
		valid  func(string) bool
		own    bool
		status int
		calls  string
	}{
		{"accepted", accepted("t1"), true, 200, "t1"},
		{"refused before its time", accepted("t2"), true, 200, "t1 t2"},
		{"every token is refused", accepted(), true, 500, "t1 t2"},
		{"a caller's is refused", accepted(), false, 401, "mine"},
	} {
		k := &issuer{life: 300, valid: row.valid}
		client := NewClient("http://keycloak.example", k, time.Minute, 1)
		var cred Credential = NewAccount(client, "r", "scim", func() (string, error) { return "s", nil }, func() time.Time { return time.Unix(1e9, 0) })
		if !row.own {
			cred = Caller("mine")
		}
		_, err := NewRealm(client, "r", cred, profile.Stock()).Get(t.Context(), one, directory.Fields{})
		status := 200
		if err != nil {
			status = scim.Status(err)
		}
		if calls := strings.Join(k.calls, " "); status != row.status || calls != row.calls {
			t.Errorf("%s: %d with the tokens %s (%v), want %d with %s", row.name, status, calls, err, row.status, row.calls)
		}
	}
}

// A late refusal of an old token does not drop the new one.
func TestRefusalOfAnOldTokenKeepsTheNewOne(t *testing.T) {
	k := &issuer{life: 300, valid: func(string) bool { return true }}
	account := NewAccount(NewClient("http://keycloak.example", k, time.Minute, 1), "r", "scim", func() (string, error) { return "s", nil },
		func() time.Time { return time.Unix(1e9, 0) })
	for i, refused := range []string{"", "t1", "t1", "old"} {
		account.Invalidate(refused)
		if token, err := account.Token(t.Context()); err != nil || i > 0 && token != "t2" {
			t.Errorf("after the refusal of %q: %s %v", refused, token, err)
		}
	}
	if k.issued != 2 {
		t.Errorf("%d tokens", k.issued)
	}
}
