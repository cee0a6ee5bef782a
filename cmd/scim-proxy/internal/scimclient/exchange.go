package scimclient

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
)

// Request is a request with headers of its own.
type Request struct {
	// Method and Path, which is relative to the SCIM base URL and begins with a slash.
	Method, Path string
	Body         []byte
	// Header replaces headers of the client. Authorization cannot be replaced.
	Header http.Header
}

// Response is an answer with any status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	// TLS is the version of TLS (crypto/tls), 0 without TLS.
	TLS uint16
}

// Exchange sends a request and returns the answer with its headers, also if its status is an
// error. It repeats a request as Do does.
func (c *Client) Exchange(ctx context.Context, r Request) (Response, error) {
	return c.exchange(ctx, c.retrying, r)
}

// ExchangeOnce is Exchange with a single attempt.
func (c *Client) ExchangeOnce(ctx context.Context, r Request) (Response, error) {
	return c.exchange(ctx, c.once, r)
}

func (c *Client) exchange(ctx context.Context, by *http.Client, r Request) (Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, c.o.URL+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return Response{}, err
	}
	req.Header.Set("User-Agent", c.o.Agent)
	req.Header.Set("Accept", mediaType)
	if len(r.Body) > 0 {
		req.Header.Set("Content-Type", c.o.ContentType)
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	res, err := by.Do(req)
	if err != nil {
		return Response{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(http.MaxBytesReader(nil, res.Body, maxAnswer))
	if err != nil {
		path, _, _ := strings.Cut(r.Path, "?") // errors must not show the personal data in a filter
		return Response{}, fmt.Errorf("read the answer to %s %s: %w", r.Method, path, err)
	}
	out := Response{Status: res.StatusCode, Header: res.Header, Body: b}
	if res.TLS != nil {
		out.TLS = res.TLS.Version
	}
	return out, nil
}

// authorized adds the token of a source to requests. Without a source they have none.
func authorized(source oauth2.TokenSource, base http.RoundTripper) http.RoundTripper {
	if source == nil {
		return cmp.Or(base, http.DefaultTransport)
	}
	return &oauth2.Transport{Source: source, Base: base}
}
