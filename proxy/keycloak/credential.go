package keycloak

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim"
)

// Credential provides the bearer token of a call.
type Credential interface {
	// Token returns the token to send.
	Token(ctx context.Context) (string, error)
	// Invalidate is called if Keycloak answered 401 to this token. It reports whether the call
	// should be sent again with a new token.
	Invalidate(token string) (retry bool)
	// IsServiceAccount reports whether the credential is the tenant's service account, so that a
	// refusal is not the caller's fault.
	IsServiceAccount() bool
	// Key identifies the credential. It does not reveal it.
	Key() string
}

// Caller is the caller's own token, which is passed on (drop-in).
type Caller string

// Token returns the caller's token.
func (c Caller) Token(context.Context) (string, error) { return string(c), nil }

// Invalidate returns false: only the caller can get another token.
func (Caller) Invalidate(string) (retry bool) { return false }

// IsServiceAccount returns false.
func (Caller) IsServiceAccount() bool { return false }

// Key returns a hash of the token.
func (c Caller) Key() string {
	h := sha256.Sum256([]byte(c))
	return string(h[:])
}

// String hides the token.
func (Caller) String() string { return "<token>" }

// GoString hides the token.
func (Caller) GoString() string { return "<token>" }

// renewBefore is how long before its expiry a token is replaced.
const renewBefore = 20 * time.Second

// Account is a service account, with the client credentials grant. It is safe for concurrent use;
// concurrent calls cause one renewal of the token.
type Account struct {
	client *Client
	realm  string
	id     string
	secret func() (string, error)
	now    func() time.Time

	group   singleflight.Group
	mu      sync.Mutex
	token   string
	expires time.Time
}

// NewAccount returns the account of a client in a realm. It calls secret at each renewal, so that
// the secret can be rotated.
func NewAccount(c *Client, realm, id string, secret func() (string, error), now func() time.Time) *Account {
	return &Account{client: c, realm: realm, id: id, secret: secret, now: now}
}

// Realm returns the name of the account's realm.
func (a *Account) Realm() string { return a.realm }

// IsServiceAccount returns true.
func (a *Account) IsServiceAccount() bool { return true }

// Key returns the id of the client.
func (a *Account) Key() string { return a.id }

// Fault returns the error of an account that does not work until a person acts.
func (a *Account) Fault(cause fault.Cause, said string) error {
	return fault.New(cause, fault.Place{URL: a.client.base, Realm: a.realm, Client: a.id, Audience: a.claims().Audience()}, said)
}

// claims are those of the token, or none.
func (a *Account) claims() fault.Claims {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, _ := fault.ClaimsOf(a.token)
	return c
}

// Ask sends a request below Keycloak's base URL, with a body in JSON or none, and returns the
// status and body of the answer. The path is escaped.
func (a *Account) Ask(ctx context.Context, method, path, body string) (int, []byte, error) {
	r, err := a.client.do(ctx, a, request{method: method, path: path, body: body, contentType: "application/json"})
	return r.status, r.body, err
}

// Invalidate drops the token, so that the next call renews it.
func (a *Account) Invalidate(token string) (retry bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token == token {
		a.token = ""
	}
	return true
}

// Token returns the cached token, or a new one. If a caller's context ends, other callers that wait
// for the same renewal are not affected.
func (a *Account) Token(ctx context.Context) (string, error) {
	a.mu.Lock()
	token, fresh := a.token, a.now().Before(a.expires)
	a.mu.Unlock()
	if token != "" && fresh {
		return token, nil
	}
	done := a.group.DoChan("", func() (any, error) { return a.renew(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-done:
		if r.Err != nil {
			return "", r.Err
		}
		token, _ = r.Val.(string)
		return token, nil
	}
}

func (a *Account) renew(ctx context.Context) (string, error) {
	secret, err := a.secret()
	if err != nil {
		return "", a.Fault(fault.Secret, err.Error())
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {a.id}, "client_secret": {secret}}
	r, err := a.client.send(ctx, "", request{
		method: http.MethodPost, path: "/realms/" + url.PathEscape(a.realm) + "/protocol/openid-connect/token",
		body: form.Encode(), contentType: "application/x-www-form-urlencoded",
	})
	if err != nil {
		return "", err
	}
	var answer struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	said := "the token endpoint answered " + fault.Said(r.status, r.body)
	switch cause := fault.OfToken(r.status, r.body); {
	case !r.ok() && cause != "":
		return "", a.Fault(cause, said)
	case !r.ok():
		return "", scim.Unavailable("the service account", errors.New(said))
	case json.Unmarshal(r.body, &answer) != nil || answer.Token == "":
		return "", a.Fault(fault.URL, said+" without a token")
	}
	life := time.Duration(answer.Expires) * time.Second
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token, a.expires = answer.Token, a.now().Add(max(life-renewBefore, life/2))
	return answer.Token, nil
}
