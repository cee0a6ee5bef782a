package scimclient

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	mediaType = "application/scim+json"
	// maxAnswer is the maximum length of a body in bytes. A longer one is an *http.MaxBytesError.
	maxAnswer = 64 << 20
)

// Options of a client.
type Options struct {
	// URL is the SCIM base URL.
	URL string
	// Token returns the bearer token for each request; nil: requests have none.
	Token oauth2.TokenSource
	// Timeout bounds one attempt, up to the last byte of its answer. 0 means unlimited.
	Timeout time.Duration
	// Agent is the User-Agent; if it is empty, none is sent.
	Agent string
	// ContentType of bodies; empty is application/scim+json.
	ContentType string
	// Pause is the wait before the second attempt of a request; it doubles with each attempt. 0
	// is 1 s.
	Pause time.Duration
	// Transport carries the requests; nil is http.DefaultTransport.
	Transport http.RoundTripper
}

// Client sends requests to one SCIM server. It is safe for concurrent use.
type Client struct {
	o              Options
	once, retrying *http.Client
}

// Answer is a response with a status below 300.
type Answer struct {
	Status int
	Body   []byte
}

// New returns a client. The client follows no redirects, which would send the token to another
// server.
func New(o Options) *Client {
	o.URL = strings.TrimSuffix(o.URL, "/")
	o.Pause = cmp.Or(o.Pause, time.Second)
	o.ContentType = cmp.Or(o.ContentType, mediaType)
	once := &http.Client{
		Timeout:       o.Timeout,
		Transport:     authorized(o.Token, o.Transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{o: o, once: once, retrying: newRetrying(once, o.Pause)}
}

// Bearer returns a source of one token that does not expire.
func Bearer(token string) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
}

// URL returns the SCIM base URL without a trailing slash.
func (c *Client) URL() string { return c.o.URL }

// Do sends a request, and sends it again while the answer is 429 or 503: at most six times,
// waiting as long as Retry-After asks. An answer with a status of 300 or more is an *Error. Path
// is relative to the SCIM base URL and begins with a slash.
func (c *Client) Do(ctx context.Context, method, path string, body []byte) (Answer, error) {
	return c.send(ctx, c.retrying, method, path, body)
}

// Once is Do with a single attempt.
func (c *Client) Once(ctx context.Context, method, path string, body []byte) (Answer, error) {
	return c.send(ctx, c.once, method, path, body)
}

func (c *Client) send(ctx context.Context, by *http.Client, method, path string, body []byte) (Answer, error) {
	res, err := c.exchange(ctx, by, Request{Method: method, Path: path, Body: body})
	if err != nil {
		return Answer{}, err
	}
	if res.Status >= http.StatusMultipleChoices {
		path, _, _ = strings.Cut(path, "?") // errors must not show the personal data in a filter
		return Answer{}, readError(method, path, res)
	}
	return Answer{res.Status, res.Body}, nil
}
