package observe

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Record collects the properties of one request. It is safe for concurrent use.
type Record struct {
	mu sync.Mutex
	r  Summary
}

// Summary is the content of a record.
type Summary struct {
	RequestID, Tenant, Realm, KeyID, IDP, Verb, Method, Path string
	// Trace is the id of the request's trace, or "". Recorded reports whether it is exported.
	Trace    string
	Recorded bool
	// Address is that of the client.
	Address string
	// Client is the OAuth client that acts.
	Client         string
	Rules, Skipped []string
	Misspelt       []Misspelling
	Status         int
	ScimType       string
	// Refused is why the token of a tenant is refused: expired, revoked or network.
	Refused string
	// Called: the request was a call, which the journal knows.
	Called bool
	// Limited is why a request of a known caller is not admitted: rate or concurrency.
	Limited string
	// Sessions and Consents of users were ended. The offline sessions of a client end with its
	// consent.
	Sessions, Consents int
	Cause              error
	// KeycloakCalls are all calls, AdminCalls those of them to the Admin REST API.
	KeycloakCalls, AdminCalls int
	// Repeats are those of the calls that were sent once more, because their connection broke.
	Repeats      int
	KeycloakTime time.Duration
}

// Fire adds rules of a dialect that changed the request.
func (s *Summary) Fire(rules []string) {
	for _, r := range rules {
		if !slices.Contains(s.Rules, r) {
			s.Rules = append(s.Rules, r)
		}
	}
}

// Misspelling is a name that no schema defines, and the known one that it looks like.
type Misspelling struct{ Name, Like string }

type key struct{}

// With adds a new record to a context.
func With(ctx context.Context) (context.Context, *Record) {
	r := &Record{}
	return context.WithValue(ctx, key{}, r), r
}

// From returns the context's record. If there is none, it returns a new one, which is not read.
func From(ctx context.Context) *Record {
	if r, ok := ctx.Value(key{}).(*Record); ok {
		return r
	}
	return &Record{}
}

// Limited notes why the request of a context is not admitted.
func Limited(ctx context.Context, why string) {
	From(ctx).Note(func(s *Summary) { s.Limited = why })
}

// RequestID returns the id of the request of a context.
func RequestID(ctx context.Context) string {
	r := From(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r.RequestID
}

// Note changes the record.
func (r *Record) Note(change func(*Summary)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.r)
}

// SignedOut notes in the context's record that sessions and consents of a user were ended.
func SignedOut(ctx context.Context, sessions, consents int) {
	From(ctx).Note(func(s *Summary) { s.Sessions, s.Consents = s.Sessions+sessions, s.Consents+consents })
}

// Repeated notes in the context's record that a call to Keycloak is sent once more.
func Repeated(ctx context.Context) {
	From(ctx).Note(func(s *Summary) { s.Repeats++ })
}

// Summary returns a copy of the content.
func (r *Record) Summary() Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r
}
