package patches

import (
	"context"
	"net/http"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// refused sends a body that must be refused, and fails unless a GET shows the values after it.
func refused(ctx context.Context, s *probe.Session, scimType string, body any, pairs ...any) error {
	path, sent, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Do(ctx, http.MethodPatch, path, body)
	if err != nil {
		return err
	}
	if err := a.Refused(scimType, http.StatusBadRequest); err != nil {
		return err
	}
	return s.After(ctx, a, path, append(pairs, "id", probe.ID(path), "userName", sent["userName"])...)
}

func noTarget(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "noTarget", probe.Patch(probe.Op("replace", `emails[value eq "`+s.Prefix+`@example.org"].display`, "x")), "emails/1", nil)
}

func removeNothing(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "noTarget", probe.Patch(probe.Op("remove", "", nil)), "name/givenName", "Ada")
}

func invalidPath(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "", probe.Patch(probe.Op("replace", `emails[type eq`, "x")))
}

func invalidOp(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "", probe.Patch(probe.Op("exchange", "name.givenName", "x")), "name/givenName", "Ada")
}

func noOperations(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "", probe.Object{"schemas": []string{probe.PatchURN}})
}

func readOnly(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "", probe.Patch(probe.Op("replace", "id", s.Prefix)))
}

// required uses a group: with a user without userName, one server that allowed it answered 500 to
// everything, also to a DELETE.
func required(ctx context.Context, s *probe.Session) error {
	path, body, err := s.NewGroup(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Do(ctx, http.MethodPatch, path, probe.Patch(probe.Op("remove", "displayName", nil)))
	if err != nil {
		return err
	}
	if err := a.Refused("", http.StatusBadRequest); err != nil {
		return err
	}
	return s.After(ctx, a, path, "displayName", body["displayName"])
}

func wrongType(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "", probe.Patch(probe.Op("replace", "active", "perhaps")), "active", true)
}

func missing(ctx context.Context, s *probe.Session) error {
	_, err := s.Send(ctx, http.MethodPatch, "/Users/00000000-0000-4000-8000-000000000000", probe.Patch(probe.Op("replace", "active", false)), http.StatusNotFound)
	return err
}
