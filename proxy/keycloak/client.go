package keycloak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/turns"
)

// maxAnswer is the largest answer in bytes. A group with 100,000 members is about 10 MB.
const maxAnswer = 64 << 20

// smallAnswer is how many bytes of an answer are not counted in the request's share of memory:
// about a page of users, of which a walk reads many but holds one at a time.
const smallAnswer = 1 << 20

// Client sends requests to one Keycloak. Tenants share it, and it outlives reloads.
type Client struct {
	// Differs is called at the first difference between what the SCIM API and the Admin REST API
	// show of a user; nil is allowed. From then on, users of the realm are read by the SCIM API
	// until the user profile is read again.
	Differs func(realm, user string)
	// SignedOut is called when sessions, or consents with their offline sessions, of a user were
	// ended; nil is allowed.
	SignedOut func(ctx context.Context, sessions, consents int)

	base    string
	http    *http.Client
	timeout time.Duration
	flights *turns.Queue
}

// NewClient returns a client for the Keycloak at base (scheme, host and optional path). Each call
// may take up to timeout, and at most maxInFlight calls run at once; callers (meter.Caller) take
// turns, and calls of the proxy itself are those of one caller. Redirects are not followed.
func NewClient(base string, transport http.RoundTripper, timeout time.Duration, maxInFlight int) *Client {
	return &Client{
		base: strings.TrimSuffix(base, "/"),
		http: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		timeout: timeout,
		flights: turns.New(maxInFlight),
	}
}

var errGone = errors.New("Keycloak is gone, so nothing is sent")

// Suspend says that Keycloak is gone, or that it is back. While it is gone, new calls and those
// that wait fail at once; calls that run go on.
func (c *Client) Suspend(gone bool) {
	if gone {
		c.flights.Refuse(errGone)
		return
	}
	c.flights.Refuse(nil)
}

// Flights returns how many calls run now, and how many wait.
func (c *Client) Flights() (running, waiting int) { return c.flights.State() }

// request is one call to Keycloak. The path is already escaped.
type request struct {
	method, path string
	query        url.Values
	body         string
	contentType  string
}

type reply struct {
	status   int
	body     []byte
	location string
}

func (r reply) ok() bool { return r.status >= 200 && r.status < 300 }

// do sends a request with a credential. If Keycloak refuses the token, it retries once with a new
// one. If the proxy's own account is not set up correctly, the result is an error.
func (c *Client) do(ctx context.Context, cred Credential, q request) (reply, error) {
	for attempt := 0; ; attempt++ {
		token, err := cred.Token(ctx)
		if err != nil {
			return reply{}, err
		}
		r, err := c.send(ctx, token, q)
		if err == nil && r.status == http.StatusUnauthorized && attempt == 0 && cred.Invalidate(token) {
			continue
		}
		if own, ok := cred.(*Account); ok && err == nil {
			err = own.broken(q, r)
		}
		return r, err
	}
}

func (c *Client) send(ctx context.Context, token string, q request) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	caller := meter.Caller(ctx)
	if err := c.flights.Acquire(ctx, caller); err != nil {
		return reply{}, scim.Unavailable("Keycloak", fmt.Errorf("the call has no place: %w", err))
	}
	defer c.flights.Release(caller)
	req, err := c.made(ctx, token, q)
	if err != nil {
		return reply{}, scim.Upstream(withoutURL(err))
	}
	res, err := c.http.Do(req)
	if err != nil && fault.OfConnection(err) != "" {
		return reply{}, fault.New(fault.URL, fault.Place{URL: c.base}, withoutURL(err).Error())
	}
	if err != nil {
		return reply{}, scim.Unavailable("Keycloak", unanswered{fmt.Errorf("%s %s: %w", q.method, q.path, withoutURL(err))})
	}
	defer res.Body.Close()
	whole := io.LimitReader(res.Body, maxAnswer+1)
	var b bytes.Buffer
	b.Grow(int(min(max(res.ContentLength, 0), smallAnswer)) + bytes.MinRead)
	_, err = b.ReadFrom(io.MultiReader(io.LimitReader(whole, smallAnswer), meter.Reader(ctx, whole)))
	body := b.Bytes()
	switch {
	case errors.Is(err, meter.ErrFull):
		return reply{}, scim.Busy(unanswered{err})
	case err != nil:
		return reply{}, scim.Unavailable("Keycloak", unanswered{err})
	case res.StatusCode == http.StatusBadGateway || res.StatusCode == http.StatusGatewayTimeout:
		return reply{}, scim.Unavailable("Keycloak", unanswered{fmt.Errorf("a proxy before Keycloak answered %d", res.StatusCode)})
	case res.StatusCode >= 300 && res.StatusCode < 400:
		return reply{}, fault.New(fault.URL, fault.Place{URL: c.base}, fmt.Sprintf("%s %s was answered %d", q.method, q.path, res.StatusCode))
	case len(body) > maxAnswer:
		return reply{}, scim.Upstream(errors.New("the answer is too large"))
	}
	return reply{res.StatusCode, bytes.TrimSpace(body), res.Header.Get("Location")}, nil
}

// made makes the HTTP request of a call. The token may be "".
func (c *Client) made(ctx context.Context, token string, q request) (*http.Request, error) {
	target := c.base + q.path
	if len(q.query) > 0 {
		target += "?" + q.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.method, target, strings.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/scim+json, application/json")
	if q.body != "" {
		req.Header.Set("Content-Type", q.contentType)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

// unanswered is the error of a call that got no answer from Keycloak itself.
type unanswered struct{ error }

// Unwrap returns the cause.
func (u unanswered) Unwrap() error { return u.error }

// mayTakeEffect reports whether a change may have been, or may still be, carried out although it
// failed: no answer came, or a proxy before Keycloak may have answered while Keycloak was working.
// It returns false if no connection was established.
func mayTakeEffect(method string, r reply, err error) bool {
	if method == http.MethodGet {
		return false
	}
	if _, lost := errors.AsType[unanswered](err); lost {
		dial, ok := errors.AsType[*net.OpError](err)
		return !ok || dial.Op != "dial"
	}
	return err == nil && r.status == http.StatusServiceUnavailable
}

// withoutURL returns the cause of an error of net/http. The error itself has the whole URL, and a
// filter in the URL may have personal data.
func withoutURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
