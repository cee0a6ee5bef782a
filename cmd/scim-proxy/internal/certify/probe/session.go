package probe

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

// Options of a session.
type Options struct {
	// URL is the SCIM base URL, Token its bearer token.
	URL, Token string
	// Prefix begins the names of all resources of this run.
	Prefix string
	// Timeout bounds each attempt of a request.
	Timeout time.Duration
	// Transport carries the requests; nil is http.DefaultTransport.
	Transport http.RoundTripper
	// Second is how long a check waits for the next second of the server's clock.
	Second time.Duration
	// Pause is the wait before the second attempt of a request; 0 is that of scimclient.
	Pause time.Duration
}

// Session is a conversation with one server. It is not safe for concurrent use.
type Session struct {
	Options
	client, anonymous *scimclient.Client

	made  []resource
	tried []resource // creates without an answer that names a resource
	named int
	cache map[string]cached
	tls   uint16

	// Odd are properties of answers that no answer of a server may have.
	Odd struct {
		// ContentTypes, Errors and Crashes describe answers that are not application/scim+json,
		// errors that have not the form of SCIM, and answers of 500 or more except 501.
		ContentTypes, Errors, Crashes []string
	}
}

// resource is one that was made, or one that may have been: the filter that finds it, and the
// attribute that has its name.
type resource struct{ endpoint, id, filter, named string }

type cached struct {
	value any
	err   error
}

// New returns a session.
func New(o Options) *Session {
	client := func(token string) *scimclient.Client {
		c := scimclient.Options{URL: o.URL, Timeout: o.Timeout, Transport: o.Transport, Pause: o.Pause, Agent: "scim-proxy certify"}
		if token != "" {
			c.Token = scimclient.Bearer(token)
		}
		return scimclient.New(c)
	}
	return &Session{Options: o, client: client(o.Token), anonymous: client(""), cache: map[string]cached{}}
}

// Object is a JSON object.
type Object = map[string]any

// Answer is an answer to a request.
type Answer struct {
	Status int
	Header http.Header
	// Body is the JSON, nil if there is none.
	Body any
	// Text is the body as it came.
	Text string
	sent string
}

// Fail returns the failure of the request.
func (a *Answer) Fail(expected, shown string) error {
	return &Failure{Sent: a.sent, Expected: expected, Shown: shown}
}

// Sent describes the request.
func (a *Answer) Sent() string { return a.sent }

// Do sends a request with a JSON body, or none if body is nil. A string is sent as it is.
func (s *Session) Do(ctx context.Context, method, path string, body any, headers ...string) (*Answer, error) {
	return s.do(ctx, s.client.Exchange, method, path, body, headers)
}

// Once is Do without repetition of 429 and 503.
func (s *Session) Once(ctx context.Context, method, path string) (*Answer, error) {
	return s.do(ctx, s.client.ExchangeOnce, method, path, nil, nil)
}

// Anonymous is Do without a token. An Authorization header may be among the headers.
func (s *Session) Anonymous(ctx context.Context, method, path string, headers ...string) (*Answer, error) {
	return s.do(ctx, s.anonymous.Exchange, method, path, nil, headers)
}

// grace is how long a request may go on after the run was interrupted. Otherwise a server could
// make a resource after CleanUp has looked for it.
const grace = 5 * time.Second

// lingering returns a context that ends a while after ctx.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	patient, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return patient, func() { stop(); cancel() }
}

type exchange func(context.Context, scimclient.Request) (scimclient.Response, error)

func (s *Session) do(ctx context.Context, by exchange, method, path string, body any, headers []string) (*Answer, error) {
	text := []byte(nil)
	if b, ok := body.(string); ok {
		text = []byte(b)
	} else if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	r := scimclient.Request{Method: method, Path: path, Body: text, Header: http.Header{}}
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	a := &Answer{sent: strings.TrimSpace(method + " " + path + " " + string(text))}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	patient, cancel := lingering(ctx)
	defer cancel()
	res, err := by(patient, r)
	if err != nil {
		s.note(method, path, body, nil)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, a.Fail("an answer", "no answer: "+err.Error())
	}
	s.tls = res.TLS
	a.Status, a.Header, a.Text = res.Status, res.Header, string(res.Body)
	if json.Unmarshal(res.Body, &a.Body) != nil {
		a.Body = nil
	}
	s.note(method, path, body, a)
	s.observe(a, method, r.Header.Get("Accept") == "")
	return a, nil
}

// Send is Do, and fails unless the answer has one of the statuses.
func (s *Session) Send(ctx context.Context, method, path string, body any, statuses ...int) (*Answer, error) {
	a, err := s.Do(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	return a, a.Has(statuses...)
}

// Get is Send of a GET that must be answered with 200 and a JSON object.
func (s *Session) Get(ctx context.Context, path string) (*Answer, error) {
	a, err := s.Send(ctx, http.MethodGet, path, nil, http.StatusOK)
	if err == nil && a.Object() == nil {
		err = a.Fail("a JSON object", a.summary())
	}
	return a, err
}

// Change is Send of a PATCH or PUT that must be answered with 200, or with 204 if it is a PATCH.
func (s *Session) Change(ctx context.Context, method, path string, body any) (*Answer, error) {
	if method == http.MethodPut {
		return s.Send(ctx, method, path, body, http.StatusOK)
	}
	return s.Send(ctx, method, path, body, http.StatusOK, http.StatusNoContent)
}
