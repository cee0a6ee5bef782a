package canary

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
)

// answer is a response in memory.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header, for the handler.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader keeps the first status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

// Write keeps the body.
func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// detail is the detail of a SCIM error, or the body.
func (a *answer) detail() string {
	var e struct{ Detail string }
	if json.Unmarshal(a.body.Bytes(), &e) == nil && e.Detail != "" {
		return e.Detail
	}
	return http.StatusText(a.status)
}

// through sends a request to a handler.
func through(ctx context.Context, h http.Handler, agent, method, path string, body any) (*answer, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	q, err := http.NewRequestWithContext(ctx, method, "http://canary.invalid/scim/v2"+path, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	q.RequestURI, q.RemoteAddr = q.URL.RequestURI(), "canary"
	q.Header.Set("User-Agent", agent)
	q.Header.Set("Accept", "application/scim+json")
	if body != nil {
		q.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	a := &answer{header: http.Header{}}
	h.ServeHTTP(a, q)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a, nil
}
