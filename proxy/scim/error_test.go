package scim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
)

func TestAsError(t *testing.T) {
	t.Parallel()
	ref := scim.Ref{Type: scim.User, ID: "7"}
	secret := errors.New("dial tcp 10.0.0.1: hunter2")
	late := fmt.Errorf("get: %w", context.DeadlineExceeded)
	for _, c := range []struct {
		name   string
		err    error
		status int
		kind   string
	}{
		{"vocabulary", scim.InvalidFilter("x"), 400, "invalidFilter"},
		{"wrapped vocabulary", fmt.Errorf("list: %w", scim.NotFound(ref)), 404, ""},
		{"joined vocabulary", errors.Join(secret, scim.Uniqueness("x")), 409, "uniqueness"},
		{"unknown", secret, 500, ""},
		{"a deadline", late, 504, ""},
		{"a deadline wins over unavailable", scim.Unavailable("the store", late), 504, ""},
		{"a deadline wins over upstream", scim.Upstream(late), 504, ""},
		{"a deadline wins from outside too", errors.Join(scim.Unavailable("the store", secret), late), 504, ""},
		{"a deadline does not win over an error of the caller", errors.Join(scim.NotFound(ref), late), 404, ""},
		{"the caller disconnected", fmt.Errorf("get: %w", context.Canceled), 499, ""},
		{"the caller disconnected and it was unavailable", scim.Unavailable("the store", context.Canceled), 499, ""},
		{"a deadline does not hide that a part is left", scim.Left(scim.Unavailable("the store", secret), late), 503, ""},
		{"unavailable", scim.Unavailable("the store", secret), 503, ""},
		{"upstream", scim.Upstream(secret), 502, ""},
	} {
		e := scim.AsError(c.err)
		if e.Status != c.status || e.Type != c.kind || e.Detail == "" {
			t.Errorf("%s: %+v", c.name, e)
		}
		if strings.Contains(e.Detail, "hunter2") || strings.Contains(e.Detail, "context") {
			t.Errorf("%s: the detail tells the cause: %s", c.name, e.Detail)
		}
		if e.Status >= 500 && errors.Is(c.err, secret) && !(errors.Is(e, secret) && strings.Contains(e.Error(), "hunter2")) {
			t.Errorf("%s: the cause is lost for the log", c.name)
		}
	}
	if e := scim.AsError(secret); !errors.Is(e, secret) || e.Detail != "internal error" || !strings.Contains(e.Error(), "hunter2") {
		t.Errorf("an unknown error is opaque to the caller, and whole in the log: %v", e)
	}
}

// The statuses and scimTypes of RFC 7644, section 3.12 with its table 9, and of RFC 9865.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    *scim.Error
		status int
		kind   string
		words  string
	}{
		{scim.InvalidFilter("at %d", 3), 400, "invalidFilter", "at 3"},
		{scim.InvalidSyntax("x"), 400, "invalidSyntax", "x"},
		{scim.InvalidPath("x"), 400, "invalidPath", "x"},
		{scim.InvalidValue("100%% of %q", "a"), 400, "invalidValue", `100% of "a"`},
		{scim.NoTarget("x"), 400, "noTarget", "x"},
		{scim.Mutability("x"), 400, "mutability", "x"},
		{scim.TooMany("x"), 400, "tooMany", "x"},
		{scim.InvalidCursor("x"), 400, "invalidCursor", "x"},
		{scim.ExpiredCursor(), 400, "expiredCursor", "expired"},
		{scim.Uniqueness("x"), 409, "uniqueness", "x"},
		{scim.NotFound(scim.Ref{Type: scim.Group, ID: `a"b`}), 404, "", `Group "a\"b" not found`},
		{scim.NoEndpoint(), 404, "", "no such endpoint"},
		{scim.Unauthorized("x"), 401, "", "x"},
		{scim.Forbidden("x"), 403, "", "x"},
		{scim.MethodNotAllowed("BREW"), 405, "", "BREW"},
		{scim.Precondition(), 412, "", "has changed"},
		{scim.TooLarge(5), 413, "", "5 bytes"},
		{scim.UnsupportedMedia("text/plain"), 415, "", `"text/plain"`},
		{scim.NotImplemented("x"), 501, "", "x"},
		{scim.NotStored("active"), 502, "", "accepted active but did not store it"},
		{scim.Upstream(nil), 502, "", "unexpected answer"},
		{scim.Unavailable("the store", nil), 503, "", "the store is unavailable"},
	} {
		if c.err.Status != c.status || c.err.Type != c.kind || !strings.Contains(c.err.Detail, c.words) {
			t.Errorf("%+v, want %d %s %q", c.err, c.status, c.kind, c.words)
		}
		if text := c.err.Error(); !strings.Contains(text, c.err.Detail) || !strings.Contains(text, c.kind) || !strings.Contains(text, fmt.Sprint(c.status)) {
			t.Errorf("the log would say only %q", text)
		}
	}
	if e := scim.Unavailable("x", nil); e.RetryAfter <= 0 {
		t.Error("what is unavailable says when to try again")
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err     error
		status  int
		refused bool
	}{
		{nil, 0, false},
		{scim.NotFound(scim.Ref{}), 404, true},
		{fmt.Errorf("wrapped: %w", scim.Precondition()), 412, true},
		{scim.Unavailable("it", nil), 503, false},
		{context.Canceled, 499, false}, // the request may have been executed
		{context.DeadlineExceeded, 504, false},
		{io.EOF, 500, false},
	} {
		if scim.Status(c.err) != c.status || scim.Refused(c.err) != c.refused {
			t.Errorf("%v: %d, refused %v", c.err, scim.Status(c.err), scim.Refused(c.err))
		}
	}
}
