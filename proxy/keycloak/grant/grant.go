package grant

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/proxy/keycloak/fault"
)

// Client is the client that asks for a token.
type Client struct {
	// ID is the client ID in Keycloak.
	ID string
	// Issuer returns the issuer of the client's realm. An empty one makes an assertion that the
	// token endpoint refuses, with the reason.
	Issuer func(context.Context) (string, error)
	// Now is the time.
	Now time.Time
}

// Method is how a client proves who it is. It is safe for concurrent use.
type Method interface {
	// Form returns the parameters of a token request. If the secret or key cannot be used, it
	// returns the cause of a fault and the reason; any other error may pass by itself.
	Form(ctx context.Context, c Client) (url.Values, fault.Cause, error)
	// Refused is the cause behind a refusal of the token endpoint, or "" if it may pass by itself.
	Refused(status int, body []byte) fault.Cause
}

// form has the parameters that all requests have.
func form(client string) url.Values {
	return url.Values{"grant_type": {"client_credentials"}, "client_id": {client}}
}

// secret is a Method.
type secret func() (string, error)

// Secret is the method of a client with a secret, which read returns.
func Secret(read func() (string, error)) Method { return secret(read) }

func (s secret) Form(_ context.Context, c Client) (url.Values, fault.Cause, error) {
	text, err := s()
	if err != nil {
		return nil, fault.Secret, err
	}
	f := form(c.ID)
	f.Set("client_secret", text)
	return f, "", nil
}

func (secret) Refused(status int, body []byte) fault.Cause { return fault.OfToken(status, body) }

// IssuerAge is how long the issuer of a realm is used before it is read again.
const IssuerAge = 5 * time.Minute

// assertion is the type of client assertions (RFC 7523 section 2.2).
const assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// signed is a Method.
type signed struct {
	read  func() (clientkey.Key, error)
	newID func() string

	mu     sync.Mutex
	issuer string
	readAt time.Time // of issuer
}

// Key is the method of a client that signs with a key, which read returns. newID makes the id of an
// assertion; it never returns the same one again.
func Key(read func() (clientkey.Key, error), newID func() string) Method {
	return &signed{read: read, newID: newID}
}

// Form signs a new assertion for each request.
func (s *signed) Form(ctx context.Context, c Client) (url.Values, fault.Cause, error) {
	key, err := s.read()
	if err != nil {
		return nil, fault.Key, err
	}
	audience, err := s.audience(ctx, c)
	if err != nil {
		return nil, "", err
	}
	text, err := key.Sign(clientkey.Assertion{Client: c.ID, Audience: audience, ID: s.newID(), At: c.Now})
	if err != nil {
		return nil, fault.Key, err
	}
	f := form(c.ID) // with the client ID, the endpoint tells an unknown client from one that has a secret (measured)
	f.Set("client_assertion_type", assertion)
	f.Set("client_assertion", text)
	return f, "", nil
}

// Refused also forgets the issuer, because it may have changed.
func (s *signed) Refused(status int, body []byte) fault.Cause {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issuer = ""
	return fault.OfAssertion(status, body)
}

func (s *signed) audience(ctx context.Context, c Client) (string, error) {
	s.mu.Lock()
	known, fresh := s.issuer, c.Now.Sub(s.readAt) < IssuerAge
	s.mu.Unlock()
	if known != "" && fresh {
		return known, nil
	}
	read, err := c.Issuer(ctx)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issuer, s.readAt = read, c.Now
	return read, nil
}

// renewBefore is how long before its expiry a token is replaced.
const renewBefore = 20 * time.Second

// Token is an access token.
type Token struct {
	Text string
	// Use is how long it is used. It is valid for up to 20 seconds more.
	Use time.Duration
}

// Read reads an answer of the token endpoint. An error without a cause may pass by itself.
func Read(m Method, status int, body []byte) (Token, fault.Cause, error) {
	said := "the token endpoint answered " + fault.Said(status, body)
	if status < 200 || status > 299 {
		return Token{}, m.Refused(status, body), errors.New(said)
	}
	var answer struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Token == "" {
		return Token{}, fault.URL, errors.New(said + " without a token")
	}
	life := time.Duration(answer.Expires) * time.Second
	return Token{answer.Token, max(life-renewBefore, life/2)}, "", nil
}
