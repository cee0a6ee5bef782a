package scimclient

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is an answer of 300 or more: RFC 7644 section 3.12, as far as the body holds one.
type Error struct {
	// Method and Path of the request, without its query. Both are empty for the result of an
	// operation in a bulk request.
	Method, Path string
	Status       int
	// Type is the scimType, Detail the text for people; both may be empty.
	Type, Detail string
	// RetryAfter is the pause that the server asked for, or 0.
	RetryAfter time.Duration
}

func readError(method, path string, res *http.Response, body []byte) *Error {
	var said struct{ ScimType, Detail string }
	_ = json.Unmarshal(body, &said) // the status says enough
	return &Error{Method: method, Path: path, Status: res.StatusCode, Type: said.ScimType, Detail: said.Detail, RetryAfter: retryAfter(res)}
}

func (e *Error) Error() string {
	return e.Method + " " + e.Path + " was answered with " + e.Reason()
}

// Reason is the status and the detail, on one line.
func (e *Error) Reason() string {
	detail := e.Detail
	if detail == "" {
		detail = http.StatusText(e.Status)
	}
	return strings.Join(strings.Fields(strconv.Itoa(e.Status)+" "+detail), " ")
}

// Transient reports whether a retry may get a different answer.
func (e *Error) Transient() bool {
	return e.Status >= 500 && e.Status != http.StatusNotImplemented ||
		e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout
}
