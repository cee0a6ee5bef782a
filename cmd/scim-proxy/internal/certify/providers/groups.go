package providers

import (
	"context"
	"net/http"
	"slices"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// entraGroup creates a group as Entra does, with shared users as members.
func entraGroup(ctx context.Context, s *probe.Session, members ...int) (string, probe.People, error) {
	p, err := s.People(ctx)
	if err != nil {
		return "", p, err
	}
	name := s.Name()
	a, err := s.Create(ctx, "/Groups", probe.Object{"schemas": []string{probe.GroupURN, adscim}, "externalId": name + "-e", "displayName": name, "meta": probe.Object{"resourceType": "Group"}})
	if err != nil {
		return "", p, err
	}
	path := "/Groups/" + a.String("id")
	return path, p, filledGroup(ctx, s, path, p, probe.Op("Add", "members", entraRefs(p, members...)), members)
}

// filledGroup adds members to a new group, and fails unless a GET shows them.
func filledGroup(ctx context.Context, s *probe.Session, path string, p probe.People, op probe.Object, members []int) error {
	if len(members) == 0 {
		return nil
	}
	a, err := s.Patched(ctx, path, op)
	if err != nil {
		return err
	}
	return groupHas(ctx, s, a, path, p, members...)
}

func entraRefs(p probe.People, members ...int) (all []probe.Object) {
	for _, i := range members {
		all = append(all, probe.Object{"$ref": nil, "value": p.All[i].ID})
	}
	return all
}

// groupHas fails unless a GET shows exactly these shared users as members after a write.
func groupHas(ctx context.Context, s *probe.Session, write *probe.Answer, path string, p probe.People, members ...int) error {
	want := []string{}
	for _, i := range members {
		want = append(want, p.All[i].ID)
	}
	return s.HasMembers(ctx, write, path, want...)
}

func entraGroupCreate(ctx context.Context, s *probe.Session) error {
	_, _, err := entraGroup(ctx, s)
	return err
}

func entraGroupAdd(ctx context.Context, s *probe.Session) error {
	path, p, err := entraGroup(ctx, s, 0)
	if err != nil {
		return err
	}
	a, err := s.Patched(ctx, path, probe.Op("Add", "members", entraRefs(p, 1, 2)))
	if err != nil {
		return err
	}
	return groupHas(ctx, s, a, path, p, 0, 1, 2)
}

func entraGroupRemove(ctx context.Context, s *probe.Session) error {
	path, p, err := entraGroup(ctx, s, 0, 1, 2)
	if err != nil {
		return err
	}
	a, err := s.Patched(ctx, path, probe.Op("Remove", "members", entraRefs(p, 1)))
	if err != nil {
		return err
	}
	return groupHas(ctx, s, a, path, p, 0, 2)
}

func entraGroupExternal(ctx context.Context, s *probe.Session) error {
	path, _, err := entraGroup(ctx, s)
	if err != nil {
		return err
	}
	external := s.Name()
	return s.Becomes(ctx, path, ops(probe.Op("Replace", "externalId", external)), "externalId", external)
}

func entraGroupRename(ctx context.Context, s *probe.Session) error {
	path, _, err := entraGroup(ctx, s)
	if err != nil {
		return err
	}
	name := s.Name()
	return s.Becomes(ctx, path, ops(probe.Op("Replace", "displayName", name)), "displayName", name)
}

func entraGroupGet(ctx context.Context, s *probe.Session) error {
	path, _, err := entraGroup(ctx, s, 0)
	if err != nil {
		return err
	}
	a, err := s.Get(ctx, path+"?excludedAttributes=members")
	if err != nil {
		return err
	}
	return a.ShowsAll("id", probe.ID(path), "members", nil)
}

// oktaGroup creates an empty group as Okta does, and adds shared users.
func oktaGroup(ctx context.Context, s *probe.Session, members ...int) (string, probe.People, error) {
	p, err := s.People(ctx)
	if err != nil {
		return "", p, err
	}
	a, err := s.Create(ctx, "/Groups", probe.Object{"schemas": []string{probe.GroupURN}, "displayName": s.Name(), "members": []probe.Object{}})
	if err != nil {
		return "", p, err
	}
	path := "/Groups/" + a.String("id")
	return path, p, filledGroup(ctx, s, path, p, probe.Op("add", "members", oktaRefs(p, members...)), members)
}

func oktaGroupMembers(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	a, err := s.Create(ctx, "/Groups", probe.Object{"schemas": []string{probe.GroupURN}, "displayName": s.Name(), "members": oktaRefs(p, 0, 1)})
	if err != nil {
		return err
	}
	return groupHas(ctx, s, a, "/Groups/"+a.String("id"), p, 0, 1)
}

func oktaRefs(p probe.People, members ...int) []probe.Object {
	all := []probe.Object{}
	for _, i := range members {
		all = append(all, probe.Object{"value": p.All[i].ID, "display": p.All[i].UserName})
	}
	return all
}

// oktaChange sends operations to a group of shared users, and fails unless it has others then.
func oktaChange(from []int, change func(p probe.People) []probe.Object, to ...int) probe.Check {
	return func(ctx context.Context, s *probe.Session) error {
		path, p, err := oktaGroup(ctx, s, from...)
		if err != nil {
			return err
		}
		a, err := s.Patched(ctx, path, change(p)...)
		if err != nil {
			return err
		}
		return groupHas(ctx, s, a, path, p, to...)
	}
}

func oktaGroupRename(ctx context.Context, s *probe.Session) error {
	path, p, err := oktaGroup(ctx, s, 0)
	if err != nil {
		return err
	}
	name := s.Name()
	a, err := s.Patched(ctx, path, probe.Op("replace", "", probe.Object{"id": probe.ID(path), "displayName": name}))
	if err != nil {
		return err
	}
	if err := s.After(ctx, a, path, "displayName", name); err != nil {
		return err
	}
	return groupHas(ctx, s, a, path, p, 0)
}

func oktaGroupPut(ctx context.Context, s *probe.Session) error {
	path, p, err := oktaGroup(ctx, s, 0, 1)
	if err != nil {
		return err
	}
	name := s.Name()
	a, err := s.Change(ctx, http.MethodPut, path, probe.Object{"schemas": []string{probe.GroupURN}, "id": probe.ID(path), "displayName": name, "members": oktaRefs(p, 1, 2)})
	if err != nil {
		return err
	}
	if err := s.After(ctx, a, path, "displayName", name); err != nil {
		return err
	}
	return groupHas(ctx, s, a, path, p, 1, 2)
}

func oktaGroupImport(ctx context.Context, s *probe.Session) error {
	path, p, err := oktaGroup(ctx, s, 0)
	if err != nil {
		return err
	}
	got, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	name := got.String("displayName")
	list, a, err := s.Find(ctx, "/Groups", "displayName eq "+probe.Quote(name), "startIndex", "1", "count", "100")
	if err != nil {
		return err
	}
	if len(list) != 1 || !slices.Contains(probe.Values(probe.List(list[0], "members"), "value"), p.All[0].ID) {
		return a.Fail("the group with its member", a.Text)
	}
	return nil
}

func oktaGroupDelete(ctx context.Context, s *probe.Session) error {
	path, _, err := oktaGroup(ctx, s)
	if err != nil {
		return err
	}
	if _, err := s.Send(ctx, http.MethodDelete, path, nil, http.StatusNoContent); err != nil {
		return err
	}
	_, err = s.Send(ctx, http.MethodGet, path, nil, http.StatusNotFound)
	return err
}
