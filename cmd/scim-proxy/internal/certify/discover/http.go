package discover

import (
	"context"
	"fmt"
	"net/http"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

func acceptJSON(ctx context.Context, s *probe.Session) error {
	a, err := s.Do(ctx, http.MethodGet, "/Users?count=1", nil, "Accept", "application/json")
	if err != nil {
		return err
	}
	return a.Has(http.StatusOK)
}

func contentJSON(ctx context.Context, s *probe.Session) error {
	a, err := s.Do(ctx, http.MethodPost, "/Users", s.User(nil), "Content-Type", "application/json")
	if err != nil {
		return err
	}
	return a.Has(http.StatusCreated)
}

func unknownPath(ctx context.Context, s *probe.Session) error {
	_, err := s.Send(ctx, http.MethodGet, "/"+s.Prefix, nil, http.StatusNotFound)
	return err
}

func me(ctx context.Context, s *probe.Session) error {
	_, err := s.Send(ctx, http.MethodGet, "/Me", nil, http.StatusOK, http.StatusPermanentRedirect, http.StatusForbidden, http.StatusNotFound, http.StatusNotImplemented)
	return err
}

// unauthorized sends a request that must be refused for its token.
func unauthorized(ctx context.Context, s *probe.Session, headers ...string) (*probe.Answer, error) {
	a, err := s.Anonymous(ctx, http.MethodGet, "/Users?count=1", headers...)
	if err != nil {
		return nil, err
	}
	return a, a.Has(http.StatusUnauthorized)
}

func authRequired(ctx context.Context, s *probe.Session) error {
	_, err := unauthorized(ctx, s)
	return err
}

func authInvalid(ctx context.Context, s *probe.Session) error {
	_, err := unauthorized(ctx, s, "Authorization", "Bearer not-a-token")
	return err
}

func authChallenge(ctx context.Context, s *probe.Session) error {
	a, err := unauthorized(ctx, s)
	if err != nil {
		return err
	}
	if a.Header.Get("WWW-Authenticate") == "" {
		return a.Fail("a header WWW-Authenticate", fmt.Sprintf("status %d without it", a.Status))
	}
	return nil
}

// odd fails if a session has seen odd answers.
func odd(seen []string, expected string) error {
	if len(seen) == 0 {
		return nil
	}
	more := ""
	if len(seen) > 1 {
		more = fmt.Sprintf(" (and %d more)", len(seen)-1)
	}
	return &probe.Failure{Expected: expected, Shown: seen[0] + more}
}

func mediaType(_ context.Context, s *probe.Session) error {
	return odd(s.Odd.ContentTypes, "application/scim+json in every answer with a body")
}

func errorForm(_ context.Context, s *probe.Session) error {
	return odd(s.Odd.Errors, "a SCIM error")
}

func noCrash(_ context.Context, s *probe.Session) error {
	return odd(s.Odd.Crashes, "no answer of 500 or more")
}
