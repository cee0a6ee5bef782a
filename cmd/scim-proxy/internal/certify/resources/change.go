package resources

import (
	"context"
	"maps"
	"net/http"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// put replaces a new user by its body with changes.
func put(ctx context.Context, s *probe.Session, changes probe.Object) (*probe.Answer, string, error) {
	path, body, err := s.NewUser(ctx, nil)
	if err != nil {
		return nil, "", err
	}
	asked := s.User(nil)
	asked["userName"], asked["emails"] = body["userName"], body["emails"]
	asked["id"] = probe.ID(path)
	maps.Copy(asked, changes)
	a, err := s.Change(ctx, http.MethodPut, path, asked)
	return a, path, err
}

func putReplaces(ctx context.Context, s *probe.Session) error {
	a, path, err := put(ctx, s, probe.Object{"name": probe.Object{"givenName": "Augusta", "familyName": "King"}, "active": false})
	if err != nil {
		return err
	}
	return s.After(ctx, a, path, "name/givenName", "Augusta", "name/familyName", "King", "active", false)
}

func putLists(ctx context.Context, s *probe.Session) error {
	mail := s.Name() + "@example.org"
	a, path, err := put(ctx, s, probe.Object{"emails": []probe.Object{{"value": mail, "type": "work", "primary": true}}})
	if err != nil {
		return err
	}
	return s.After(ctx, a, path, "emails/0/value", mail, "emails/1", nil)
}

func putReadOnly(ctx context.Context, s *probe.Session) error {
	a, path, err := put(ctx, s, probe.Object{"meta": probe.Object{"resourceType": "Bicycle", "created": "2001-01-01T00:00:00Z"}})
	if err != nil {
		return err
	}
	if err := s.After(ctx, a, path, "id", probe.ID(path), "meta/resourceType", "User"); err != nil {
		return err
	}
	return nil
}

func putTruth(ctx context.Context, s *probe.Session) error {
	a, path, err := put(ctx, s, probe.Object{"displayName": "Ada L.", "title": "Countess", "externalId": s.Name()})
	if err != nil {
		return err
	}
	return same(ctx, s, a, path)
}

func putMembers(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	path, body, err := s.NewGroup(ctx, nil)
	if err != nil {
		return err
	}
	for _, member := range []string{p.All[0].ID, p.All[1].ID} {
		body["id"], body["members"] = probe.ID(path), []probe.Object{{"value": member}}
		a, err := s.Change(ctx, http.MethodPut, path, body)
		if err != nil {
			return err
		}
		if err := s.After(ctx, a, path, "members/0/value", member, "members/1", nil); err != nil {
			return err
		}
	}
	return nil
}

func putMissing(ctx context.Context, s *probe.Session) error {
	_, err := s.Send(ctx, http.MethodPut, missing, s.User(probe.Object{"id": probe.ID(missing)}), http.StatusNotFound)
	return err
}

func putUniqueness(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Do(ctx, http.MethodPut, path, s.User(probe.Object{"id": probe.ID(path), "userName": p.All[0].UserName}))
	if err != nil {
		return err
	}
	return a.Refused("", http.StatusConflict)
}

// deleted makes a user and deletes it.
func deleted(ctx context.Context, s *probe.Session) (path string, body probe.Object, err error) {
	if path, body, err = s.NewUser(ctx, nil); err != nil {
		return "", nil, err
	}
	_, err = s.Send(ctx, http.MethodDelete, path, nil, http.StatusNoContent)
	return path, body, err
}

func deleteGone(ctx context.Context, s *probe.Session) error {
	path, _, err := deleted(ctx, s)
	if err != nil {
		return err
	}
	_, err = s.Send(ctx, http.MethodGet, path, nil, http.StatusNotFound)
	return err
}

func deleteAgain(ctx context.Context, s *probe.Session) error {
	path, _, err := deleted(ctx, s)
	if err != nil {
		return err
	}
	_, err = s.Send(ctx, http.MethodDelete, path, nil, http.StatusNotFound)
	return err
}

func deleteUnlisted(ctx context.Context, s *probe.Session) error {
	_, body, err := deleted(ctx, s)
	if err != nil {
		return err
	}
	name, _ := body["userName"].(string)
	list, a, err := s.Find(ctx, "/Users", "userName eq "+probe.Quote(name))
	if err == nil && len(list) > 0 {
		err = a.Fail("an empty list", a.Text)
	}
	return err
}

func deleteName(ctx context.Context, s *probe.Session) error {
	_, body, err := deleted(ctx, s)
	if err != nil {
		return err
	}
	_, err = s.Create(ctx, "/Users", body)
	return err
}

func deleteMember(ctx context.Context, s *probe.Session) error {
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	group, _, err := s.NewGroup(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := s.Patched(ctx, group, probe.Op("add", "members", []probe.Object{probe.Member(path)})); err != nil {
		return err
	}
	a, err := s.Send(ctx, http.MethodDelete, path, nil, http.StatusNoContent)
	if err != nil {
		return err
	}
	return s.HasMembers(ctx, a, group)
}
