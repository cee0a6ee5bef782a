package keycloak

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/grant"
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

// Account is a service account, with the client credentials grant. It is safe for concurrent use;
// concurrent calls cause one renewal of the token.
type Account struct {
	client *Client
	realm  string
	id     string
	method grant.Method
	now    func() time.Time

	group   singleflight.Group
	mu      sync.Mutex
	token   string
	expires time.Time
}

// NewAccount returns the account of a client in a realm, with a secret.
func NewAccount(c *Client, realm, id string, secret func() (string, error), now func() time.Time) *Account {
	return NewAccountBy(grant.Secret(secret), c, realm, id, now)
}

// NewAccountBy returns the account of a client that proves by a method who it is. It does so at
// each renewal of the token, so that the secret or key can be replaced.
func NewAccountBy(m grant.Method, c *Client, realm, id string, now func() time.Time) *Account {
	return &Account{client: c, realm: realm, id: id, method: m, now: now}
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
	form, cause, err := a.method.Form(ctx, grant.Client{ID: a.id, Issuer: a.issuer, Now: a.now()})
	if cause != "" {
		return "", a.Fault(cause, err.Error())
	} else if err != nil {
		return "", err
	}
	r, err := a.client.send(ctx, "", request{
		method: http.MethodPost, path: "/realms/" + url.PathEscape(a.realm) + "/protocol/openid-connect/token",
		body: form.Encode(), contentType: "application/x-www-form-urlencoded",
	})
	if err != nil {
		return "", err
	}
	token, cause, err := grant.Read(a.method, r.status, r.body)
	switch {
	case cause != "":
		return "", a.Fault(cause, err.Error())
	case err != nil:
		return "", scim.Unavailable("the service account", err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token, a.expires = token.Text, a.now().Add(token.Use)
	return token.Text, nil
}

// issuer returns the issuer of the realm, or "" if Keycloak does not tell: then the token endpoint
// says what is wrong with the realm.
func (a *Account) issuer(ctx context.Context) (string, error) {
	name, err := a.client.Issuer(ctx, a.realm)
	if _, lost := errors.AsType[unanswered](err); lost {
		return "", err
	}
	return name, nil
}
