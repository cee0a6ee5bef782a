package scim

import (
	"context"
	"errors"
	"fmt"
)

// Error is a SCIM error (RFC 7644 section 3.12). Detail is for the caller; Cause is for the log
// only and never reaches a body. The functions below cut what a detail repeats of the request
// (document.MaxEcho).
type Error struct {
	Status     int
	Type       string // scimType of RFC 7644 table 9, or empty
	Detail     string
	RetryAfter int // whole seconds, 0 for none
	// Gone says that the directory itself reported that the resource does not exist. A 404 that may mean anything else (no endpoint, no
	// realm, a caller who may not know) does not set it, so that nothing is cleaned up because of it.
	Gone  bool
	Cause error
}

// Error is the text for the log, with the cause.
func (e *Error) Error() string {
	s := fmt.Sprintf("%d %s", e.Status, e.Detail)
	if e.Type != "" {
		s = fmt.Sprintf("%d %s: %s", e.Status, e.Type, e.Detail)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Fail makes an error of any status. Like all functions here that take a format, it cuts each
// argument at document.MaxEcho characters.
func Fail(status int, scimType, format string, args ...any) *Error {
	return &Error{Status: status, Type: scimType, Detail: string(say(format, args...))}
}

func bad(scimType, format string, args ...any) *Error { return Fail(400, scimType, format, args...) }

// InvalidFilter says that a filter does not parse or names what cannot be filtered by.
func InvalidFilter(format string, args ...any) *Error { return bad("invalidFilter", format, args...) }

// InvalidSyntax says that the request body is not of the required form.
func InvalidSyntax(format string, args ...any) *Error { return bad("invalidSyntax", format, args...) }

// InvalidPath says that a PATCH path is malformed or names an unknown attribute.
func InvalidPath(format string, args ...any) *Error { return bad("invalidPath", format, args...) }

// InvalidValue says that a value is missing or of the wrong type.
func InvalidValue(format string, args ...any) *Error { return bad("invalidValue", format, args...) }

// NoTarget says that a PATCH path selects nothing.
func NoTarget(format string, args ...any) *Error { return bad("noTarget", format, args...) }

// Mutability says that an attribute may not be changed in this way.
func Mutability(format string, args ...any) *Error { return bad("mutability", format, args...) }

// TooMany says that a query would look at or return more than is allowed.
func TooMany(format string, args ...any) *Error { return bad("tooMany", format, args...) }

// InvalidCursor says that a cursor is not one of ours, or belongs to another query (RFC 9865 section 2.1).
func InvalidCursor(format string, args ...any) *Error { return bad("invalidCursor", format, args...) }

// ExpiredCursor says that a cursor was right once (RFC 9865 section 2.1).
func ExpiredCursor() *Error { return bad("expiredCursor", "the cursor has expired; begin again") }

// Uniqueness says that a value is taken.
func Uniqueness(format string, args ...any) *Error {
	return Fail(409, "uniqueness", format, args...)
}

// NotFound says that there is no such resource.
func NotFound(r Ref) *Error {
	return Fail(404, "", "%s %q not found", r.Type, r.ID)
}

// IsGone reports whether an error proves that the resource does not exist.
func IsGone(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Gone
}

// Status is the status that an error is answered with, or 0 if there is no error.
func Status(err error) int {
	if err == nil {
		return 0
	}
	return AsError(err).Status
}

// Refused reports whether an error is an answer with a status from 400 to 499: the request itself was
// refused, so that sending it again does not help.
func Refused(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status >= 400 && e.Status < 500
}

// NoEndpoint says that nothing lives at the path.
func NoEndpoint() *Error { return &Error{Status: 404, Detail: "no such endpoint"} }

// Unauthorized says that the credential is missing or wrong.
func Unauthorized(detail string) *Error { return &Error{Status: 401, Detail: detail} }

// Forbidden says that the caller may not do this.
func Forbidden(detail string) *Error { return &Error{Status: 403, Detail: detail} }

// MethodNotAllowed says that the endpoint does not know the HTTP method.
func MethodNotAllowed(method string) *Error {
	return Fail(405, "", "method %s is not allowed here", method)
}

// Precondition says that If-Match does not hold.
func Precondition() *Error {
	return &Error{Status: 412, Detail: "the resource has changed since that version"}
}

// TooLarge says that the body exceeds the limit.
func TooLarge(limit int64) *Error {
	return Fail(413, "", "the body is larger than %d bytes", limit)
}

// UnsupportedMedia says that the content type is neither application/scim+json nor application/json.
func UnsupportedMedia(got string) *Error {
	return Fail(415, "", "content type %q is not supported; use application/scim+json", got)
}

// NotImplemented says honestly that something is not done (RFC 7644 section 3.12, status 501).
func NotImplemented(detail string) *Error { return &Error{Status: 501, Detail: detail} }

// NotStored says that Keycloak accepted a value and does not show it: the write failed. The
// attribute is an AttrPath or a name.
func NotStored(attribute any) *Error {
	return Fail(502, "", "Keycloak accepted %s but did not store it", attribute)
}

// Upstream says that Keycloak answered something that cannot be understood.
func Upstream(cause error) *Error {
	return &Error{Status: 502, Detail: "Keycloak gave an unexpected answer", Cause: cause}
}

// Unavailable says that a part the request needs cannot be reached now.
func Unavailable(what string, cause error) *Error {
	return &Error{Status: 503, Detail: what + " is unavailable, try again", RetryAfter: 5, Cause: cause}
}

// Busy says that the requests under way leave no room for this one.
func Busy(cause error) error {
	return &Error{Status: 503, Detail: "too many large requests are under way, try again", RetryAfter: 5, Cause: cause}
}

// Left is the cause of a failed write of which a part was made and could not be undone, because of err.
func Left(cause, err error) error {
	e := *AsError(cause)
	e.Detail += "; a part of the change was made and could not be undone"
	e.Cause = errors.Join(cause, err)
	return &e
}

// AsError is the only mapping of errors to answers: vocabulary as it is, a passed deadline 504, anything else an opaque 500.
// A deadline wins over the vocabulary, because "unavailable" that was caused by our own deadline is a time-out.
func AsError(err error) *Error {
	e, known := errors.AsType[*Error](err)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && (!known || e.Status >= 500):
		return &Error{Status: 504, Detail: "the request took too long", Cause: err}
	case errors.Is(err, context.Canceled) && (!known || e.Status >= 500):
		return &Error{Status: 499, Detail: "the caller went away", Cause: err}
	case known:
		return e
	}
	return &Error{Status: 500, Detail: "internal error", Cause: err}
}
