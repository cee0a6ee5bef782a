package console

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"keycloak-scim-proxy/proxy/drift"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/undo"
)

// refused is an error of Refused.
type refused struct{ error }

func (r refused) Unwrap() error { return r.error }

// Refused marks an error of an action that was refused because of the state that something is in,
// such as a red canary: to do it again does not help. The page is 409. Refused(nil) is nil.
func Refused(err error) error {
	if err == nil {
		return nil
	}
	return refused{err}
}

// outcome returns the status of the page of an action, and how it speaks of an error.
func outcome(err error) (status int, failed string) {
	if err == nil {
		return http.StatusOK, ""
	}
	_, state := errors.AsType[refused](err)
	all := []error{drift.ErrHeld, drift.ErrNoJournal, drift.ErrOther, undo.ErrNoJournal, undo.ErrNothing, undo.ErrOther}
	said, is := errors.AsType[*scim.Error](err)
	switch {
	case state, slices.ContainsFunc(all, func(one error) bool { return errors.Is(err, one) }), is && said.Status < http.StatusInternalServerError:
		return http.StatusConflict, "This was refused: "
	case is && said.Status > http.StatusInternalServerError, errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, "This failed: "
	}
	return http.StatusInternalServerError, "This failed: "
}
