package patches

import (
	"context"
	"net/http"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// crew makes a group of the shared users that are in letters ("AB" is the first two).
func crew(ctx context.Context, s *probe.Session, letters string) (path string, p probe.People, err error) {
	if p, err = s.People(ctx); err != nil {
		return "", p, err
	}
	if path, _, err = s.NewGroup(ctx, nil); err != nil || letters == "" {
		return path, p, err
	}
	a, err := s.Patched(ctx, path, probe.Op("add", "members", refs(p, letters)))
	if err != nil {
		return path, p, err
	}
	return path, p, isCrew(ctx, s, a, path, p, letters)
}

func refs(p probe.People, letters string) (all []probe.Object) {
	for _, l := range letters {
		all = append(all, probe.Object{"value": p.All[l-'A'].ID})
	}
	return all
}

// isCrew fails unless a group has exactly the shared users in letters.
func isCrew(ctx context.Context, s *probe.Session, write *probe.Answer, path string, p probe.People, letters string) error {
	return s.HasMembers(ctx, write, path, probe.Values(refs(p, letters), "value")...)
}

// change sends an operation to a group of some shared users, and fails unless it has others then.
func change(ctx context.Context, s *probe.Session, from string, op func(p probe.People) probe.Object, to string) error {
	path, p, err := crew(ctx, s, from)
	if err != nil {
		return err
	}
	a, err := s.Patched(ctx, path, op(p))
	if err != nil {
		return err
	}
	return isCrew(ctx, s, a, path, p, to)
}

func membersAdd(ctx context.Context, s *probe.Session) error {
	return change(ctx, s, "A", func(p probe.People) probe.Object { return probe.Op("add", "members", refs(p, "BC")) }, "ABC")
}

func membersAddTwice(ctx context.Context, s *probe.Session) error {
	return change(ctx, s, "AB", func(p probe.People) probe.Object { return probe.Op("add", "members", refs(p, "A")) }, "AB")
}

func membersRemove(ctx context.Context, s *probe.Session) error {
	return change(ctx, s, "ABC", func(p probe.People) probe.Object {
		return probe.Op("remove", "members[value eq "+probe.Quote(p.All[0].ID)+"]", nil)
	}, "BC")
}

func membersRemoveAll(ctx context.Context, s *probe.Session) error {
	return change(ctx, s, "AB", func(probe.People) probe.Object { return probe.Op("remove", "members", nil) }, "")
}

func membersReplace(ctx context.Context, s *probe.Session) error {
	return change(ctx, s, "AB", func(p probe.People) probe.Object { return probe.Op("replace", "members", refs(p, "C")) }, "C")
}

func membersRename(ctx context.Context, s *probe.Session) error {
	path, p, err := crew(ctx, s, "AB")
	if err != nil {
		return err
	}
	name := s.Name()
	a, err := s.Patched(ctx, path, probe.Op("replace", "displayName", name))
	if err != nil {
		return err
	}
	if err := s.After(ctx, a, path, "displayName", name); err != nil {
		return err
	}
	return isCrew(ctx, s, a, path, p, "AB")
}

func membersUnknown(ctx context.Context, s *probe.Session) error {
	path, p, err := crew(ctx, s, "A")
	if err != nil {
		return err
	}
	a, err := s.Do(ctx, http.MethodPatch, path, probe.Patch(probe.Op("add", "members", []probe.Object{{"value": strings.Repeat("0", 8) + "-0000-4000-8000-000000000000"}})))
	if err != nil {
		return err
	}
	if err := a.Has(http.StatusOK, http.StatusNoContent, http.StatusBadRequest, http.StatusNotFound); err != nil {
		return err
	}
	return isCrew(ctx, s, a, path, p, "A")
}
