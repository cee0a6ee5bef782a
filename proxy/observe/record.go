package observe

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Record is what one request did. It is safe for concurrent use.
type Record struct {
	mu sync.Mutex
	r  Summary
}

// Summary is a record's content.
type Summary struct {
	RequestID, Tenant, Realm, KeyID, IDP, Verb, Method, Path string
	Rules, Skipped                                           []string
	Status                                                   int
	ScimType                                                 string
	Cause                                                    error
	KeycloakCalls                                            int
	KeycloakTime                                             time.Duration
}

type key struct{}

// With puts a new record into a context.
func With(ctx context.Context) (context.Context, *Record) {
	r := &Record{}
	return context.WithValue(ctx, key{}, r), r
}

// From is the context's record; without one it is a record that nobody reads.
func From(ctx context.Context) *Record {
	if r, ok := ctx.Value(key{}).(*Record); ok {
		return r
	}
	return &Record{}
}

// Note changes the record.
func (r *Record) Note(change func(*Summary)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.r)
}

// Summary is a copy of the record's content.
func (r *Record) Summary() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r
}

// Transport counts the calls to Keycloak, and their time until the answer's header, in the record of the context they belong to.
func Transport(next http.RoundTripper, now func() time.Time) http.RoundTripper {
	return transport{next, now}
}

type transport struct {
	next http.RoundTripper
	now  func() time.Time
}

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	begun := t.now()
	res, err := t.next.RoundTrip(req)
	took := t.now().Sub(begun)
	From(req.Context()).Note(func(s *Summary) {
		s.KeycloakCalls++
		s.KeycloakTime += took
	})
	return res, err
}
