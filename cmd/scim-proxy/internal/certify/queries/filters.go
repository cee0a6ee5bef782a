package queries

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// filtered skips a check if filters are not advertised.
func filtered(check probe.Check) probe.Check {
	return func(ctx context.Context, s *probe.Session) error {
		if err := s.NeedsFeature(ctx, "filter"); err != nil {
			return err
		}
		return check(ctx, s)
	}
}

// is checks which of the shared users an expression matches (Session.Matches).
func is(expression, letters string) probe.Check {
	return func(ctx context.Context, s *probe.Session) error { return s.Matches(ctx, expression, letters) }
}

// finds fails unless a filter finds exactly the resources with these ids.
func finds(ctx context.Context, s *probe.Session, endpoint, filter string, ids ...string) error {
	list, a, err := s.Find(ctx, endpoint, filter)
	if err != nil {
		return err
	}
	if found := probe.Values(list, "id"); !probe.Equal(found, ids) && len(found)+len(ids) > 0 {
		return a.Fail("a list of the ids "+probe.Text(ids), a.Text)
	}
	return nil
}

func filterEq(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	return finds(ctx, s, "/Users", "userName eq "+probe.Quote(p.All[0].UserName), p.All[0].ID)
}

func filterCase(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	return finds(ctx, s, "/Users", "userName eq "+probe.Quote(strings.ToUpper(p.All[0].UserName)), p.All[0].ID)
}

func filterNames(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	return finds(ctx, s, "/Users", "USERNAME EQ "+probe.Quote(p.All[0].UserName), p.All[0].ID)
}

func filterID(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	return finds(ctx, s, "/Users", "id eq "+probe.Quote(p.All[0].ID), p.All[0].ID)
}

func filterExternal(ctx context.Context, s *probe.Session) error {
	external := s.Name() + "-Ext"
	path, _, err := s.NewUser(ctx, probe.Object{"externalId": external})
	if err != nil {
		return err
	}
	if err := finds(ctx, s, "/Users", "externalId eq "+probe.Quote(external), probe.ID(path)); err != nil {
		return err
	}
	return finds(ctx, s, "/Users", "externalId eq "+probe.Quote(strings.ToUpper(external)))
}

func filterList(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	user, _, _ := strings.Cut(p.All[1].Mail, "@")
	return s.Matches(ctx, "emails.value sw "+probe.Quote(user+"@"), "B")
}

func filterSyntax(ctx context.Context, s *probe.Session) error {
	a, err := s.Do(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(`userName eq`), nil)
	if err != nil {
		return err
	}
	return a.Refused("invalidFilter", http.StatusBadRequest)
}

func filterGroup(ctx context.Context, s *probe.Session) error {
	p, err := s.Crew(ctx)
	if err != nil {
		return err
	}
	return finds(ctx, s, "/Groups", "displayName eq "+probe.Quote(p.Group.UserName), p.Group.ID)
}

func filterMembers(ctx context.Context, s *probe.Session) error {
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
	return finds(ctx, s, "/Groups", "members.value eq "+probe.Quote(probe.ID(path)), probe.ID(group))
}
