package scimclient

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is an answer with a status of 300 or more. Type and Detail come from its body if that is
// a SCIM error (RFC 7644 section 3.12).
type Error struct {
	// Method and Path of the request, without its query. Both are empty for the result of an
	// operation in a bulk request.
	Method, Path string
	Status       int
	// Type is the scimType, Detail the text for people; both may be empty.
	Type, Detail string
	// Body is the beginning of the body, at most 4 KiB.
	Body string
	// RetryAfter is the pause that the server asks for, or 0.
	RetryAfter time.Duration
}

// maxBody is the maximum length of Error.Body in bytes.
const maxBody = 4 << 10

func readError(method, path string, res Response) *Error {
	var e struct{ ScimType, Detail string }
	_ = json.Unmarshal(res.Body, &e) // the body is optional
	return &Error{Method: method, Path: path, Status: res.Status, Type: e.ScimType, Detail: e.Detail, Body: string(res.Body[:min(len(res.Body), maxBody)]), RetryAfter: retryAfter(res.Header)}
}

func (e *Error) Error() string {
	return e.Method + " " + e.Path + " was answered with " + e.Reason()
}

// Reason returns the status and the detail, or the name of the status, on one line.
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
