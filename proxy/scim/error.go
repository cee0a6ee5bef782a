package scim

import (
	"context"
	"errors"
	"fmt"
)

// Error is a SCIM error (RFC 7644 section 3.12). Detail is for the caller; Cause is only for the
// log. The functions below cut the parts of the request in a detail (document.MaxEcho).
type Error struct {
	Status     int
	Type       string // scimType of RFC 7644 table 9, or empty
	Detail     string
	RetryAfter int // seconds, 0 for none
	// Gone reports that the directory proved that the resource does not exist. A 404 with another
	// possible cause (no endpoint, no realm, a caller without access) does not set it, so that
	// records are kept.
	Gone    bool
	Remains bool // a part of the change was made, and is left
	Private bool // Detail has Keycloak's words, which may repeat the request: not for the log
	Cause   error
}

// Error returns the text for the log, with the cause.
func (e *Error) Error() string {
	detail := e.Detail
	if e.Private {
		detail = "the answer says why"
	}
	s := fmt.Sprintf("%d %s", e.Status, detail)
	if e.Type != "" {
		s = fmt.Sprintf("%d %s: %s", e.Status, e.Type, detail)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Fail returns an error. Like all functions here that take a format, it cuts each argument at
// document.MaxEcho characters.
func Fail(status int, scimType, format string, args ...any) *Error {
	return &Error{Status: status, Type: scimType, Detail: string(say(format, args...))}
}

func bad(scimType, format string, args ...any) *Error { return Fail(400, scimType, format, args...) }

// InvalidFilter is for a filter that does not parse or has an attribute that cannot be filtered.
func InvalidFilter(format string, args ...any) *Error { return bad("invalidFilter", format, args...) }

// InvalidSyntax is for a body that does not have the required form.
func InvalidSyntax(format string, args ...any) *Error { return bad("invalidSyntax", format, args...) }

// InvalidPath is for a PATCH path that is malformed or has an unknown attribute.
func InvalidPath(format string, args ...any) *Error { return bad("invalidPath", format, args...) }

// InvalidValue is for a value that is missing or has the wrong type.
func InvalidValue(format string, args ...any) *Error { return bad("invalidValue", format, args...) }

// NoTarget is for a PATCH path that selects nothing.
func NoTarget(format string, args ...any) *Error { return bad("noTarget", format, args...) }

// Mutability is for an attribute that cannot be changed in this way.
func Mutability(format string, args ...any) *Error { return bad("mutability", format, args...) }

// TooMany is for a query that would look at or return too many resources.
func TooMany(format string, args ...any) *Error { return bad("tooMany", format, args...) }

// InvalidCursor is for a cursor that is not ours, or belongs to another query (RFC 9865 section
// 2.1).
func InvalidCursor(format string, args ...any) *Error { return bad("invalidCursor", format, args...) }

// ExpiredCursor is for a cursor that is no longer valid (RFC 9865 section 2.1).
func ExpiredCursor() *Error {
	return bad("expiredCursor", "the cursor has expired; start again without a cursor")
}

// Uniqueness is for a value that another resource has.
func Uniqueness(format string, args ...any) *Error {
	return Fail(409, "uniqueness", format, args...)
}

// NotFound is for a resource that does not exist.
func NotFound(r Ref) *Error { return Fail(404, "", "%s %q not found", r.Type, r.ID) }

// IsGone reports whether an error proves that the resource does not exist.
func IsGone(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Gone
}

// Status returns the HTTP status of an error, or 0 if err is nil.
func Status(err error) int {
	if err == nil {
		return 0
	}
	return AsError(err).Status
}

// Refused reports whether an error has a status from 400 to 499, so that a retry does not help.
func Refused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status >= 400 && e.Status < 500
}

// NoEndpoint is for a path without an endpoint.
func NoEndpoint() *Error { return &Error{Status: 404, Detail: "no such endpoint"} }

// Unauthorized is for a credential that is missing or wrong.
func Unauthorized(detail string) *Error { return &Error{Status: 401, Detail: detail} }

// Forbidden is for a caller without the permission.
func Forbidden(detail string) *Error { return &Error{Status: 403, Detail: detail} }

// MethodNotAllowed is for an HTTP method that the endpoint does not support.
func MethodNotAllowed(method string) *Error {
	return Fail(405, "", "method %s is not allowed here", method)
}

// Precondition is for an If-Match with another version.
func Precondition() *Error {
	return &Error{Status: 412, Detail: "the resource has changed since that version"}
}

// TooLarge is for a body above the limit in bytes.
func TooLarge(limit int64) *Error {
	return Fail(413, "", "the body is larger than %d bytes", limit)
}

// UnsupportedMedia is for a content type other than application/scim+json or application/json.
func UnsupportedMedia(got string) *Error {
	return Fail(415, "", "content type %q is not supported; use application/scim+json", got)
}

// NotImplemented is for a feature that is not supported (501, RFC 7644 section 3.12).
func NotImplemented(detail string) *Error { return &Error{Status: 501, Detail: detail} }

// NotStored is for a value that Keycloak accepted but does not show. The attribute is an AttrPath
// or a name.
func NotStored(attribute any) *Error {
	return Fail(502, "", "Keycloak accepted %s but did not store it", attribute)
}

// Upstream is for an unexpected answer of Keycloak.
func Upstream(cause error) *Error {
	return &Error{Status: 502, Detail: "Keycloak gave an unexpected answer", Cause: cause}
}

// Unavailable is for a component that cannot be reached now.
func Unavailable(what string, cause error) *Error {
	return &Error{Status: 503, Detail: what + " is unavailable, try again", RetryAfter: 5, Cause: cause}
}

// Busy is for a request for which other requests leave no memory.
func Busy(cause error) error {
	return &Error{Status: 503, Detail: "too many large requests are running, try again", RetryAfter: 5, Cause: cause}
}

// Left returns cause, the error of a failed write, with the remark that a part of the write could
// not be undone because of err.
func Left(cause, err error) error {
	e := *AsError(cause)
	e.Detail += "; a part of the change was made and could not be undone"
	e.Cause, e.Remains = errors.Join(cause, err), true
	return &e
}

// AsError maps every error to an answer: an Error stays, a passed deadline is 504, a cancelled
// request 499, anything else 500 without details. A deadline has priority over an Error with 5xx,
// because it may be the cause, unless that Error says that a part of the change is left.
func AsError(err error) *Error {
	e, known := errors.AsType[*Error](err)
	final := known && (e.Status < 500 || e.Remains)
	switch {
	case !final && errors.Is(err, context.DeadlineExceeded):
		return &Error{Status: 504, Detail: "the request took too long", Cause: err}
	case !final && errors.Is(err, context.Canceled):
		return &Error{Status: 499, Detail: "the caller disconnected", Cause: err}
	case known:
		return e
	}
	return &Error{Status: 500, Detail: "internal error", Cause: err}
}
