package profiles

import (
	"context"
	"net/http"
	"slices"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

func has(ctx context.Context, s *probe.Session, urn string, names ...string) error {
	a, err := s.Document(ctx, "/Schemas")
	if err != nil {
		return err
	}
	for _, name := range names {
		if s.Attribute(ctx, urn, name) == nil {
			return a.Fail(urn+" with "+name, "it is not in /Schemas")
		}
	}
	return nil
}

func userSchema(ctx context.Context, s *probe.Session) error {
	if err := has(ctx, s, probe.UserURN, "userName", "displayName", "active"); err != nil {
		return err
	}
	a, err := s.Create(ctx, "/Users", s.User(probe.Object{"displayName": "Ada L."}))
	if err != nil {
		return err
	}
	return s.After(ctx, a, "/Users/"+a.String("id"), "displayName", "Ada L.", "active", true)
}

func groupSchema(ctx context.Context, s *probe.Session) error {
	if _, err := s.Crew(ctx); err != nil {
		return err
	}
	return has(ctx, s, probe.GroupURN, "displayName", "members")
}

// external fails unless the externalId of a new resource is kept, and changed by a PATCH.
func external(endpoint string) probe.Check {
	return func(ctx context.Context, s *probe.Session) error {
		name := s.Name()
		create := s.NewUser
		if endpoint == "/Groups" {
			create = s.NewGroup
		}
		path, _, err := create(ctx, probe.Object{"externalId": name + "-e"})
		if err != nil {
			return err
		}
		a, err := s.Get(ctx, path)
		if err != nil {
			return err
		}
		if err := a.Shows("externalId", name+"-e"); err != nil {
			return err
		}
		return s.Becomes(ctx, path, []probe.Object{probe.Op("replace", "externalId", name+"-f")}, "externalId", name+"-f")
	}
}

func createsUser(ctx context.Context, s *probe.Session) error {
	path, body, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	return a.Shows("userName", body["userName"])
}

func createsGroup(ctx context.Context, s *probe.Session) error {
	path, body, err := s.NewGroup(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	return a.ShowsAll("displayName", body["displayName"], "members", nil)
}

func lists(endpoint string) probe.Check {
	return func(ctx context.Context, s *probe.Session) error {
		if _, err := s.Crew(ctx); err != nil {
			return err
		}
		a, err := s.Get(ctx, endpoint+"?excludedAttributes=members")
		if err != nil {
			return err
		}
		list := probe.List(a.Body, "Resources")
		if len(list) == 0 || slices.ContainsFunc(list, func(o probe.Object) bool { return o["members"] != nil }) {
			return a.Fail("resources without members", a.Text)
		}
		return nil
	}
}

func pageBound(ctx context.Context, s *probe.Session) error {
	a, err := s.Get(ctx, "/Users?count=5000&attributes=userName")
	if err != nil {
		return err
	}
	if len(probe.List(a.Body, "Resources")) > 1000 {
		return a.Fail("at most 1,000 users", "more")
	}
	return nil
}

func groupUnique(ctx context.Context, s *probe.Session) error {
	_, body, err := s.NewGroup(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Do(ctx, http.MethodPost, "/Groups", body)
	if err != nil {
		return err
	}
	return a.Refused("", http.StatusConflict)
}

func groupUpdate(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	path, _, err := s.NewGroup(ctx, nil)
	if err != nil {
		return err
	}
	name := s.Name()
	return s.Becomes(ctx, path, []probe.Object{probe.Op("replace", "displayName", name), probe.Op("add", "members", []probe.Object{{"value": p.All[0].ID}})},
		"displayName", name, "members/0/value", p.All[0].ID, "members/1", nil)
}

// fifty adds and removes the shared users in turn. In the end the first and the third are members.
func fifty(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	path, _, err := s.NewGroup(ctx, nil)
	if err != nil {
		return err
	}
	ops := []probe.Object{}
	for i := range 48 {
		if one := p.All[i%3]; i/3%2 == 0 {
			ops = append(ops, probe.Op("add", "members", []probe.Object{{"value": one.ID}}))
		} else {
			ops = append(ops, probe.Op("remove", "members[value eq "+probe.Quote(one.ID)+"]", nil))
		}
	}
	ops = append(ops, probe.Op("add", "members", []probe.Object{{"value": p.All[0].ID}}), probe.Op("add", "members", []probe.Object{{"value": p.All[2].ID}}))
	a, err := s.Patched(ctx, path, ops...)
	if err != nil {
		return err
	}
	return s.HasMembers(ctx, a, path, p.All[0].ID, p.All[2].ID)
}
