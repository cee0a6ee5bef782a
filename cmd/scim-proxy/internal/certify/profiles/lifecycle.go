package profiles

import (
	"context"
	"net/http"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

func pathless(ctx context.Context, s *probe.Session) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	return refused(ctx, s, "invalidSyntax", http.MethodPatch, path, probe.Patch(probe.Op("replace", "", probe.Object{"active": false})))
}

// becomes makes a user, sends operations, and fails unless a GET shows the values after them.
func becomes(ctx context.Context, s *probe.Session, op probe.Object, pairs ...any) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	return s.Becomes(ctx, path, []probe.Object{op}, pairs...)
}

func addReplace(ctx context.Context, s *probe.Session) error {
	if err := becomes(ctx, s, probe.Op("add", "active", false), "active", false); err != nil {
		return err
	}
	return becomes(ctx, s, probe.Op("replace", "active", false), "active", false)
}

// middle adds a middle name to a user, so that name has a part that servers do not require.
func middle(ctx context.Context, s *probe.Session) (path string, err error) {
	if err := s.NeedsAttribute(ctx, probe.UserURN, "name.middleName"); err != nil {
		return "", err
	}
	path, _, err = s.NewUser(ctx, probe.Object{"name": probe.Object{"givenName": "Ada", "familyName": "Lovelace", "middleName": "Augusta"}})
	if err != nil {
		return "", err
	}
	a, err := s.Get(ctx, path)
	if err != nil {
		return "", err
	}
	return path, a.Shows("name/middleName", "Augusta")
}

func complexReplace(ctx context.Context, s *probe.Session) error {
	path, err := middle(ctx, s)
	if err != nil {
		return err
	}
	return s.Becomes(ctx, path, []probe.Object{probe.Op("replace", "name", probe.Object{"givenName": "Ada", "familyName": "King"})}, "name/familyName", "King", "name/middleName", nil)
}

func complexAdd(ctx context.Context, s *probe.Session) error {
	path, err := middle(ctx, s)
	if err != nil {
		return err
	}
	return s.Becomes(ctx, path, []probe.Object{probe.Op("add", "name", probe.Object{"familyName": "King"})}, "name/familyName", "King", "name/givenName", "Ada", "name/middleName", "Augusta")
}

func deletes(ctx context.Context, s *probe.Session) error {
	path, body, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := s.Send(ctx, http.MethodDelete, path, nil, http.StatusNoContent); err != nil {
		return err
	}
	for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
		var change any
		if method == http.MethodPatch {
			change = probe.Patch(probe.Op("replace", "active", false))
		}
		if _, err := s.Send(ctx, method, path, change, http.StatusNotFound); err != nil {
			return err
		}
	}
	_, err = s.Create(ctx, "/Users", body)
	return err
}

func retained(ctx context.Context, s *probe.Session) error {
	path, body, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	return s.Becomes(ctx, path, []probe.Object{probe.Op("replace", "active", false)}, "active", false, "userName", body["userName"])
}
