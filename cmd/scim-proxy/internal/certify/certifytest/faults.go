package certifytest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
)

// Exchange is a request with its answer, which a fault may change.
type Exchange struct {
	// Method, Path (below the SCIM base), Query and Sent describe the request; Sent is its body.
	Method, Path, Query, Sent string
	// In is the request.
	In *http.Request
	// Status, Header and Body are the answer.
	Status int
	Header http.Header
	Body   string
}

// Is reports whether the request has a method ("": any) and a path that begins with this.
func (x *Exchange) Is(method, path string) bool {
	return (method == "" || x.Method == method) && strings.HasPrefix(x.Path, path)
}

// Edit changes the body as JSON.
func (x *Exchange) Edit(change func(o map[string]any)) {
	var o map[string]any
	if json.Unmarshal([]byte(x.Body), &o) != nil {
		return
	}
	change(o)
	b, err := json.Marshal(o)
	if err == nil {
		x.Body = string(b)
	}
}

// Answers is a fault that changes answers.
func Answers(change func(x *Exchange)) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		x := &Exchange{Method: r.Method, Path: strings.TrimPrefix(r.URL.Path, "/scim/v2"), Query: r.URL.RawQuery, Sent: string(sent), In: r}
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, r)
		x.Status, x.Header, x.Body = rec.Code, rec.Header(), rec.Body.String()
		change(x)
		maps.Copy(w.Header(), x.Header)
		w.Header().Del("Content-Length")
		w.WriteHeader(x.Status)
		_, _ = io.WriteString(w, x.Body) // the client sees what is missing
	}
}

// Requests is a fault that changes requests: it returns the new query and body.
func Requests(change func(method, path, query, body string) (string, string)) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		query, body := change(r.Method, strings.TrimPrefix(r.URL.Path, "/scim/v2"), r.URL.RawQuery, string(sent))
		r.URL.RawQuery, r.Body, r.ContentLength = query, io.NopCloser(strings.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, r)
	}
}

// Swallow is a fault that answers requests with a status although nothing was done.
func Swallow(status int, which func(method, path, body string) bool) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
		if !which(r.Method, strings.TrimPrefix(r.URL.Path, "/scim/v2"), string(sent)) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(status)
		if status != http.StatusNoContent {
			_, _ = io.WriteString(w, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"`+http.StatusText(status)+`"}`)
		}
	}
}
