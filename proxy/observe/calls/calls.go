// Package calls notes which requests a part of a request sends to Keycloak, such as one operation
// of a bulk request.
package calls

import (
	"context"
	"sync"
)

// Call is a request, without its query and body, which may have names of persons.
type Call struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Status int    `json:"status,omitempty"` // 0: no answer
}

// most is how many calls a List keeps.
const most = 20

// List has the calls of one part of a request. It is safe for concurrent use.
type List struct {
	mu    sync.Mutex
	first []Call
	count int
}

type key struct{}

// With returns a context whose calls are noted in the list.
func With(ctx context.Context) (context.Context, *List) {
	l := &List{}
	return context.WithValue(ctx, key{}, l), l
}

// Note notes a call in the list of the context, if it has one.
func Note(ctx context.Context, c Call) {
	l, ok := ctx.Value(key{}).(*List)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count++; len(l.first) < most {
		l.first = append(l.first, c)
	}
}

// All returns how many calls there were, and the first 20.
func (l *List) All() (count int, first []Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count, l.first
}
