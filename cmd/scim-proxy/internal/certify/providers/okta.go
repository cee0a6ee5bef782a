package providers

import (
	"context"
	"maps"
	"net/http"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

const (
	okta = probe.Okta
	spec = "Okta SPEC test, "
	crud = "Okta CRUD test, "
	refs = "Okta SCIM 2.0 reference, "
)

// OktaTests are the requirements of Okta.
var OktaTests = []probe.Requirement{
	{ID: "okta.list", Profile: okta, Level: must, Clause: spec + "users", Text: "GET /Users?startIndex=1&count=2 is a ListResponse with integers, and each user has id, userName, name, emails and active", Check: oktaList},
	{ID: "okta.get", Profile: okta, Level: must, Clause: spec + "get a user", Text: "GET /Users/{id} is 200 with id, userName, name, emails and active", Check: oktaGet},
	{ID: "okta.missing", Profile: okta, Level: must, Clause: spec + "get an unknown user", Text: "an unknown id is 404 with a SCIM error that has detail", Check: oktaMissing},
	{ID: "okta.no-match", Profile: okta, Level: must, Clause: spec + "filter without a match", Text: "userName eq with startIndex=1&count=100 and no match is an empty list", Check: oktaNoMatch},
	{ID: "okta.create", Profile: okta, Level: must, Clause: crud + "create a user", Text: "Okta's create, with a password and groups, is 201 with the whole user", Check: oktaCreate},
	{ID: "okta.match", Profile: okta, Level: must, Clause: crud + "find the user", Text: "userName eq with startIndex=1&count=100 finds the user", Check: oktaMatch},
	{ID: "okta.duplicate", Profile: okta, Level: must, Clause: crud + "create the user again", Text: "a second create is 409 with a SCIM error that has detail", Check: oktaDuplicate},
	{ID: "okta.unauthorized", Profile: okta, Level: must, Clause: spec + "wrong token", Text: "a wrong token is 401 with a SCIM error that has detail", Check: oktaUnauthorized},
	{ID: "okta.put", Profile: okta, Level: must, Clause: refs + "Update a specific user (PUT)", Text: "a PUT of the whole answer to a GET, with a new name and groups: [], is 200 and changes the name", Check: oktaPut},
	{ID: "okta.put-inactive", Profile: okta, Level: must, Clause: refs + "Delete users", Text: "a PUT with active false deactivates", Check: oktaPutInactive},
	{ID: "okta.patch-active", Profile: okta, Level: must, Clause: refs + "Update a specific user (PATCH)", Text: "a replace without path with active deactivates and reactivates, and keeps the other attributes", Check: oktaPatchActive},
	{ID: "okta.group-empty", Profile: okta, Level: must, Clause: refs + "Create groups", Text: "a group with members: [] is created", Check: oktaGroupEmpty},
	{ID: "okta.group-members", Profile: okta, Level: must, Clause: refs + "Create groups", Text: "a group is created with its members", Check: oktaGroupMembers},
	{ID: "okta.group-rename", Profile: okta, Level: must, Clause: refs + "Update a specific group name", Text: "a replace without path with id and displayName renames a group and keeps its members", Check: oktaGroupRename},
	{ID: "okta.group-change", Profile: okta, Level: must, Clause: refs + "Update specific group membership", Text: "remove of members[value eq \"id\"] and add of members in one PATCH are both done", Check: oktaChange([]int{0, 1}, func(p probe.People) []probe.Object {
		return ops(probe.Op("remove", "members[value eq "+probe.Quote(p.All[0].ID)+"]", nil), probe.Op("add", "members", oktaRefs(p, 2)))
	}, 1, 2)},
	{ID: "okta.group-replace", Profile: okta, Level: must, Clause: refs + "Update specific group membership", Text: "replace of members sets them", Check: oktaChange([]int{0, 1}, func(p probe.People) []probe.Object { return ops(probe.Op("replace", "members", oktaRefs(p, 2))) }, 2)},
	{ID: "okta.group-clear", Profile: okta, Level: must, Clause: refs + "Update specific group membership", Text: "replace of members with [] removes all", Check: oktaChange([]int{0, 1}, func(probe.People) []probe.Object { return ops(probe.Op("replace", "members", []probe.Object{})) })},
	{ID: "okta.group-put", Profile: okta, Level: must, Clause: refs + "Update a group (PUT)", Text: "a PUT with id, displayName and members sets them", Check: oktaGroupPut},
	{ID: "okta.group-import", Profile: okta, Level: must, Clause: refs + "Retrieve groups", Text: "a list of groups has their members", Check: oktaGroupImport},
	{ID: "okta.group-delete", Profile: okta, Level: must, Clause: refs + "Delete a specific group", Text: "a DELETE of a group is 204, and a GET is 404 after it", Check: oktaGroupDelete},
}

// shape fails unless a user has what Okta's tests look for.
func shape(a *probe.Answer, user probe.Object) error {
	for _, path := range []string{"id", "userName", "name/givenName", "name/familyName", "emails/0/value", "active"} {
		if probe.At(user, path) == nil {
			return a.Fail("users with "+path, probe.Text(user))
		}
	}
	return nil
}

func oktaList(ctx context.Context, s *probe.Session) error {
	if _, err := s.People(ctx); err != nil {
		return err
	}
	a, err := s.Get(ctx, "/Users?startIndex=1&count=2")
	if err != nil {
		return err
	}
	if err := a.ShowsAll("schemas", []string{probe.ListURN}, "itemsPerPage", 2, "startIndex", 1); err != nil {
		return err
	}
	if _, ok := a.At("totalResults").(float64); !ok {
		return a.Fail("totalResults as an integer", probe.Text(a.At("totalResults")))
	}
	for _, user := range probe.List(a.Body, "Resources") {
		if user["id"] == nil || user["userName"] == nil || user["active"] == nil {
			return a.Fail("users with id, userName and active", probe.Text(user))
		}
	}
	return nil
}

func oktaGet(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	a, err := s.Get(ctx, p.All[0].Path)
	if err != nil {
		return err
	}
	return shape(a, a.Object())
}

// detailed fails unless an answer is a SCIM error with detail.
func detailed(a *probe.Answer, status int) error {
	if err := a.Has(status); err != nil {
		return err
	}
	if why := a.IsError(); why != "" {
		return a.Fail("a SCIM error", why+": "+a.Text)
	}
	if a.String("detail") == "" {
		return a.Fail("detail", a.Text)
	}
	return nil
}

func oktaMissing(ctx context.Context, s *probe.Session) error {
	a, err := s.Do(ctx, http.MethodGet, "/Users/"+s.Prefix, nil)
	if err != nil {
		return err
	}
	return detailed(a, http.StatusNotFound)
}

func oktaUnauthorized(ctx context.Context, s *probe.Session) error {
	a, err := s.Anonymous(ctx, http.MethodGet, "/Users?startIndex=1&count=2", "Authorization", "Bearer "+s.Prefix)
	if err != nil {
		return err
	}
	return detailed(a, http.StatusUnauthorized)
}

func oktaNoMatch(ctx context.Context, s *probe.Session) error {
	return empty(ctx, s, "/Users?filter=userName%20eq%20%22"+s.Prefix+"-none%22&startIndex=1&count=100")
}

// oktaBody is Okta's body of a create.
func oktaBody(s *probe.Session) probe.Object {
	name := s.Name()
	return probe.Object{
		"schemas": []string{probe.UserURN}, "userName": name + "@example.com", "name": probe.Object{"givenName": "Ada", "familyName": "Lovelace"},
		"emails":      []probe.Object{{"primary": true, "value": name + "@example.com", "type": "work"}},
		"displayName": "Ada Lovelace", "locale": "en-US", "externalId": "00u" + name, "groups": []probe.Object{}, "password": "1mz050nq" + name, "active": true,
	}
}

func oktaNew(ctx context.Context, s *probe.Session) (path string, body probe.Object, err error) {
	body = oktaBody(s)
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return "", nil, err
	}
	return "/Users/" + a.String("id"), body, nil
}

func oktaCreate(ctx context.Context, s *probe.Session) error {
	body := oktaBody(s)
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return err
	}
	if err := shape(a, a.Object()); err != nil {
		return err
	}
	return s.After(ctx, a, "/Users/"+a.String("id"), "userName", body["userName"], "displayName", "Ada Lovelace", "locale", "en-US", "externalId", body["externalId"], "active", true, "password", nil)
}

func oktaMatch(ctx context.Context, s *probe.Session) error {
	path, body, err := oktaNew(ctx, s)
	if err != nil {
		return err
	}
	name, _ := body["userName"].(string)
	return matches(ctx, s, "/Users?filter=userName%20eq%20%22"+name+"%22&startIndex=1&count=100", path)
}

func oktaDuplicate(ctx context.Context, s *probe.Session) error {
	_, body, err := oktaNew(ctx, s)
	if err != nil {
		return err
	}
	a, err := s.Do(ctx, http.MethodPost, "/Users", body)
	if err != nil {
		return err
	}
	return detailed(a, http.StatusConflict)
}

// oktaPutAfter sends the answer to a GET back with changes, as Okta does.
func oktaPutAfter(ctx context.Context, s *probe.Session, changes probe.Object, pairs ...any) error {
	path, _, err := oktaNew(ctx, s)
	if err != nil {
		return err
	}
	got, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	body := got.Object()
	body["groups"] = []probe.Object{}
	maps.Copy(body, changes)
	a, err := s.Change(ctx, http.MethodPut, path, body)
	if err != nil {
		return err
	}
	return s.After(ctx, a, path, pairs...)
}

func oktaPut(ctx context.Context, s *probe.Session) error {
	return oktaPutAfter(ctx, s, probe.Object{"name": probe.Object{"givenName": "Augusta", "familyName": "King"}}, "name/givenName", "Augusta", "name/familyName", "King", "active", true)
}

func oktaPutInactive(ctx context.Context, s *probe.Session) error {
	return oktaPutAfter(ctx, s, probe.Object{"active": false}, "active", false, "name/givenName", "Ada")
}

func oktaPatchActive(ctx context.Context, s *probe.Session) error {
	path, _, err := oktaNew(ctx, s)
	if err != nil {
		return err
	}
	for _, to := range []bool{false, true} {
		if err := s.Becomes(ctx, path, ops(probe.Op("replace", "", probe.Object{"active": to})), "active", to, "name/givenName", "Ada", "emails/0/type", "work"); err != nil {
			return err
		}
	}
	return nil
}

func oktaGroupEmpty(ctx context.Context, s *probe.Session) error {
	path, p, err := oktaGroup(ctx, s)
	if err != nil {
		return err
	}
	a, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	return groupHas(ctx, s, a, path, p)
}
