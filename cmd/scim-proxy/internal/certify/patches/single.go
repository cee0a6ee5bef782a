package patches

import (
	"context"
	"net/http"
	"slices"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// becomes makes a user, sends operations, and fails unless a GET shows the values after them.
func becomes(ctx context.Context, s *probe.Session, ops []probe.Object, pairs ...any) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	return s.Becomes(ctx, path, ops, pairs...)
}

func ops(all ...probe.Object) []probe.Object { return all }

func replace(ctx context.Context, s *probe.Session) error {
	return becomes(ctx, s, ops(probe.Op("replace", "name.familyName", "King")), "name/familyName", "King", "name/givenName", "Ada")
}

// needs skips a check without an attribute of users that a client may leave out.
func needs(ctx context.Context, s *probe.Session, name string) error {
	return s.NeedsAttribute(ctx, probe.UserURN, name)
}

func add(ctx context.Context, s *probe.Session) error {
	if err := needs(ctx, s, "nickName"); err != nil {
		return err
	}
	return becomes(ctx, s, ops(probe.Op("add", "nickName", "Addie")), "nickName", "Addie")
}

func remove(ctx context.Context, s *probe.Session) error {
	if err := needs(ctx, s, "nickName"); err != nil {
		return err
	}
	path, _, err := s.NewUser(ctx, probe.Object{"nickName": "Addie"})
	if err != nil {
		return err
	}
	before, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	if err := before.Shows("nickName", "Addie"); err != nil {
		return err
	}
	return s.Becomes(ctx, path, ops(probe.Op("remove", "nickName", nil)), "nickName", nil, "name/givenName", "Ada")
}

func truth(ctx context.Context, s *probe.Session) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Patched(ctx, path, probe.Op("replace", "name.givenName", "Augusta"), probe.Op("replace", "title", "Countess"))
	if err != nil {
		return err
	}
	if a.Status == http.StatusNoContent {
		return nil
	}
	return s.After(ctx, a, path, "name", a.At("name"), "title", a.At("title"), "active", a.At("active"), "userName", a.At("userName"))
}

func active(ctx context.Context, s *probe.Session) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	for _, to := range []bool{false, true} {
		if err := s.Becomes(ctx, path, ops(probe.Op("replace", "active", to)), "active", to); err != nil {
			return err
		}
	}
	return nil
}

func several(ctx context.Context, s *probe.Session) error {
	return becomes(ctx, s, ops(
		probe.Op("replace", "name.givenName", "First"), probe.Op("replace", "active", false), probe.Op("replace", "name.givenName", "Second"),
	), "name/givenName", "Second", "active", false)
}

func atomic(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Do(ctx, http.MethodPatch, path, probe.Patch(probe.Op("replace", "name.givenName", "Half"), probe.Op("replace", "userName", p.All[0].UserName)))
	if err != nil {
		return err
	}
	if err := a.Has(http.StatusConflict); err != nil {
		return err
	}
	return s.After(ctx, a, path, "name/givenName", "Ada")
}

func pathlessAdd(ctx context.Context, s *probe.Session) error {
	return becomes(ctx, s, ops(probe.Op("add", "", probe.Object{"active": false, "name": probe.Object{"givenName": "Augusta", "familyName": "King"}})),
		"active", false, "name/givenName", "Augusta", "emails/0/type", "work")
}

func pathlessReplace(ctx context.Context, s *probe.Session) error {
	return becomes(ctx, s, ops(probe.Op("replace", "", probe.Object{"active": false})), "active", false, "name/givenName", "Ada", "emails/0/type", "work")
}

func complexValue(ctx context.Context, s *probe.Session) error {
	return becomes(ctx, s, ops(probe.Op("replace", "name", probe.Object{"givenName": "Augusta", "familyName": "King"})), "name/givenName", "Augusta", "name/familyName", "King")
}

func urnPath(ctx context.Context, s *probe.Session) error {
	return becomes(ctx, s, ops(probe.Op("replace", probe.UserURN+":name.familyName", "King")), "name/familyName", "King")
}

func extension(ctx context.Context, s *probe.Session) error {
	if s.ResourceTypes(ctx) != nil && !slices.ContainsFunc(s.ResourceTypes(ctx), func(t probe.Object) bool {
		return slices.Contains(probe.Values(probe.List(t, "schemaExtensions"), "schema"), probe.EnterpriseURN)
	}) {
		return probe.Skip("no resource type has the enterprise extension")
	}
	return becomes(ctx, s, ops(probe.Op("add", probe.EnterpriseURN+":department", "Engines")), probe.EnterpriseURN+"/department", "Engines")
}

func modified(ctx context.Context, s *probe.Session) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	before, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	select { // some servers keep whole seconds
	case <-time.After(s.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	a, err := s.Patched(ctx, path, probe.Op("replace", "name.givenName", "Augusta"))
	if err != nil {
		return err
	}
	after, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	if old := before.String("meta/lastModified"); old == "" || old == after.String("meta/lastModified") {
		return a.Fail("a later meta.lastModified than "+probe.Text(before.At("meta/lastModified")), probe.Text(after.At("meta/lastModified")))
	}
	return nil
}
