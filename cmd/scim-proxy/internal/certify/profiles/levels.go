package profiles

import (
	"context"
	"net/http"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

func reactivate(ctx context.Context, s *probe.Session) error {
	path, body, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	if err := s.Becomes(ctx, path, []probe.Object{probe.Op("replace", "active", false)}, "active", false); err != nil {
		return err
	}
	name, _ := body["userName"].(string)
	list, a, err := s.Find(ctx, "/Users", "userName eq "+probe.Quote(name))
	if err != nil {
		return err
	}
	if len(list) != 1 {
		return a.Fail("the user that is not active", a.Text)
	}
	return s.Becomes(ctx, path, []probe.Object{probe.Op("replace", "active", true)}, "active", true)
}

func recreate(ctx context.Context, s *probe.Session) error {
	path, body, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := s.Send(ctx, http.MethodDelete, path, nil, http.StatusNoContent); err != nil {
		return err
	}
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return err
	}
	if a.String("id") == probe.ID(path) {
		return a.Fail("a new id", a.String("id"))
	}
	return s.After(ctx, a, "/Users/"+a.String("id"), "active", true)
}

func getByID(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	a, err := s.Get(ctx, p.All[1].Path)
	if err != nil {
		return err
	}
	return a.ShowsAll("id", p.All[1].ID, "userName", p.All[1].UserName)
}

// filled replaces the names in braces by values as literals.
func filled(filter string, values map[string]string) string {
	for name, value := range values {
		filter = strings.ReplaceAll(filter, "{"+name+"}", probe.Quote(value))
	}
	return filter
}

// only fails unless a filter finds exactly one resource.
func only(ctx context.Context, s *probe.Session, endpoint, filter, path string) error {
	list, a, err := s.Find(ctx, endpoint, filter)
	if err != nil {
		return err
	}
	if len(list) != 1 || list[0]["id"] != probe.ID(path) {
		return a.Fail("the one resource "+probe.ID(path), a.Text)
	}
	return nil
}

func findsUser(filter string) probe.Check {
	return func(ctx context.Context, s *probe.Session) error {
		name := s.Name()
		mail := name + "@example.com"
		path, body, err := s.NewUser(ctx, probe.Object{"externalId": name + "-e", "emails": []probe.Object{{"value": mail, "type": "work", "primary": true}}})
		if err != nil {
			return err
		}
		user, _ := body["userName"].(string)
		return only(ctx, s, "/Users", filled(filter, map[string]string{"userName": user, "externalId": name + "-e", "mail": mail}), path)
	}
}

func findsGroup(filter string) probe.Check {
	return func(ctx context.Context, s *probe.Session) error {
		member, _, err := s.NewUser(ctx, nil)
		if err != nil {
			return err
		}
		name := s.Name()
		path, body, err := s.NewGroup(ctx, probe.Object{"externalId": name + "-e"})
		if err != nil {
			return err
		}
		if _, err := s.Patched(ctx, path, probe.Op("add", "members", []probe.Object{probe.Member(member)})); err != nil {
			return err
		}
		display, _ := body["displayName"].(string)
		return only(ctx, s, "/Groups", filled(filter, map[string]string{"displayName": display, "externalId": name + "-e", "member": probe.ID(member)}), path)
	}
}
