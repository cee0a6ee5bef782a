package scimclient

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

const (
	mediaType = "application/scim+json"
	// maxAnswer is the longest body that is read, in bytes. A longer one is an *http.MaxBytesError.
	maxAnswer = 64 << 20
)

// Options of a client.
type Options struct {
	// URL is the SCIM base.
	URL string
	// Token gives the bearer token of each request.
	Token oauth2.TokenSource
	// Timeout bounds one attempt, up to the last byte of its answer.
	Timeout time.Duration
	// Agent is the User-Agent; none is sent if it is empty.
	Agent string
	// ContentType of bodies; empty is application/scim+json.
	ContentType string
	// Pause comes before the second attempt of a request and doubles with each one; 0 is a second.
	Pause time.Duration
	// Transport carries the requests; nil is http.DefaultTransport.
	Transport http.RoundTripper
}

// Client of one SCIM server, safe for concurrent use.
type Client struct {
	o             Options
	once, patient *http.Client
}

// Answer is a status below 300, and the body that came with it.
type Answer struct {
	Status int
	Body   []byte
}

// New makes a client. It follows no redirects: they would take the token to another server.
func New(o Options) *Client {
	o.URL = strings.TrimSuffix(o.URL, "/")
	o.Pause = cmp.Or(o.Pause, time.Second)
	o.ContentType = cmp.Or(o.ContentType, mediaType)
	once := &http.Client{
		Timeout:       o.Timeout,
		Transport:     &oauth2.Transport{Source: o.Token, Base: o.Transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{o: o, once: once, patient: retrying(once, o.Pause)}
}

// Bearer is one token for ever.
func Bearer(token string) oauth2.TokenSource {
	return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
}

// URL is the SCIM base, without a slash at its end.
func (c *Client) URL() string { return c.o.URL }

// Do sends a request, and sends it again while the answer is 429 or 503: six times in all, at the pace
// that Retry-After asks for. Every answer of 300 or more is an *Error. Path begins behind the SCIM base.
func (c *Client) Do(ctx context.Context, method, path string, body []byte) (Answer, error) {
	return c.send(ctx, c.patient, method, path, body)
}

// Once is Do with one attempt, for callers that do not send the same body again.
func (c *Client) Once(ctx context.Context, method, path string, body []byte) (Answer, error) {
	return c.send(ctx, c.once, method, path, body)
}

func (c *Client) send(ctx context.Context, by *http.Client, method, path string, body []byte) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.o.URL+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("User-Agent", c.o.Agent)
	req.Header.Set("Accept", mediaType)
	if len(body) > 0 {
		req.Header.Set("Content-Type", c.o.ContentType)
	}
	res, err := by.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(http.MaxBytesReader(nil, res.Body, maxAnswer))
	path, _, _ = strings.Cut(path, "?") // a filter holds personal data
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer to %s %s: %w", method, path, err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return Answer{}, readError(method, path, res, b)
	}
	return Answer{res.StatusCode, b}, nil
}
