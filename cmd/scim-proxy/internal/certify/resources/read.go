package resources

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

func getUser(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	a, err := s.Get(ctx, p.All[0].Path)
	if err != nil {
		return err
	}
	return a.ShowsAll("id", p.All[0].ID, "userName", p.All[0].UserName, "name/familyName", probe.Family[0], "active", true)
}

// missing is a path of a user that does not exist.
const missing = "/Users/00000000-0000-4000-8000-000000000000"

func getMissing(ctx context.Context, s *probe.Session) error {
	a, err := s.Send(ctx, http.MethodGet, missing, nil, http.StatusNotFound)
	if err != nil {
		return err
	}
	if why := a.IsError(); why != "" {
		return a.Fail("a SCIM error", why+": "+a.Text)
	}
	return nil
}

func getPassword(ctx context.Context, s *probe.Session) error {
	a, err := s.Do(ctx, http.MethodPost, "/Users", s.User(probe.Object{"password": "Tr0ub4dor&3-" + s.Prefix}))
	if err != nil {
		return err
	}
	if err := a.Has(http.StatusCreated, http.StatusBadRequest); err != nil {
		return err
	}
	if a.At("password") != nil {
		return a.Fail("an answer without password", "the answer has it")
	}
	if a.Status == http.StatusBadRequest {
		return nil
	}
	return s.After(ctx, a, "/Users/"+a.String("id"), "password", nil)
}

func getGroups(ctx context.Context, s *probe.Session) error {
	if err := s.NeedsAttribute(ctx, probe.UserURN, "groups"); err != nil {
		return err
	}
	p, err := s.Crew(ctx)
	if err != nil {
		return err
	}
	path := p.All[0].Path
	if s.Attribute(ctx, probe.UserURN, "groups")["returned"] == "request" {
		path += "?attributes=groups"
	}
	a, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	if !slices.Contains(probe.Values(probe.List(a.Body, "groups"), "value"), p.Group.ID) {
		return a.Fail("groups with "+p.Group.ID, probe.Text(a.At("groups")))
	}
	return nil
}

// projected gets a resource with a parameter, and fails unless it has the one and not the other
// attributes, and id.
func projected(ctx context.Context, s *probe.Session, path, query string, has, lacks []string) error {
	a, err := s.Get(ctx, path+"?"+query)
	if err != nil {
		return err
	}
	return limited(a, has, lacks)
}

func limited(a *probe.Answer, has, lacks []string) error {
	for _, name := range append([]string{"id"}, has...) {
		if a.At(name) == nil {
			return a.Fail("an answer with "+name, a.Text)
		}
	}
	for _, name := range lacks {
		if a.At(name) != nil {
			return a.Fail("an answer without "+name, a.Text)
		}
	}
	return nil
}

func projectionAttributes(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	return projected(ctx, s, p.All[0].Path, "attributes=userName", []string{"userName"}, []string{"name", "emails", "active"})
}

func projectionSub(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	return projected(ctx, s, p.All[0].Path, "attributes=name.familyName", []string{"name/familyName"}, []string{"name/givenName", "userName"})
}

func projectionExcluded(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	return projected(ctx, s, p.All[0].Path, "excludedAttributes=emails,id", []string{"userName"}, []string{"emails"})
}

func projectionMembers(ctx context.Context, s *probe.Session) error {
	p, err := s.Crew(ctx)
	if err != nil {
		return err
	}
	return projected(ctx, s, p.Group.Path, "excludedAttributes=members", []string{"displayName"}, []string{"members"})
}

func projectionWrite(ctx context.Context, s *probe.Session) error {
	a, err := s.Create(ctx, "/Users?attributes=userName", s.User(nil))
	if err != nil {
		return err
	}
	return limited(a, []string{"userName"}, []string{"name", "emails"})
}

func etagHeader(ctx context.Context, s *probe.Session) error {
	_, err := versioned(ctx, s)
	return err
}

// versioned returns the answer to a GET of a new user, which has a version.
func versioned(ctx context.Context, s *probe.Session) (*probe.Answer, error) {
	if err := s.NeedsFeature(ctx, "etag"); err != nil {
		return nil, err
	}
	path, _, err := s.NewUser(ctx, nil)
	if err != nil {
		return nil, err
	}
	a, err := s.Get(ctx, path)
	if err != nil {
		return nil, err
	}
	if tag := a.Header.Get("ETag"); tag == "" || strings.Trim(tag, " ") != a.String("meta/version") {
		return nil, a.Fail("the header ETag equals meta.version", probe.Text(tag)+" and "+probe.Text(a.At("meta/version")))
	}
	return a, nil
}

func etagNoneMatch(ctx context.Context, s *probe.Session) error {
	a, err := versioned(ctx, s)
	if err != nil {
		return err
	}
	again, err := s.Do(ctx, http.MethodGet, "/Users/"+a.String("id"), nil, "If-None-Match", a.Header.Get("ETag"))
	if err != nil {
		return err
	}
	return again.Has(http.StatusNotModified)
}

func etagMatch(ctx context.Context, s *probe.Session) error {
	a, err := versioned(ctx, s)
	if err != nil {
		return err
	}
	path, tag := "/Users/"+a.String("id"), a.Header.Get("ETag")
	change := func(family string) probe.Object {
		return probe.Patch(probe.Op("replace", "name.familyName", family))
	}
	first, err := s.Do(ctx, http.MethodPatch, path, change("Byron"), "If-Match", tag)
	if err != nil {
		return err
	}
	if err := first.Has(http.StatusOK, http.StatusNoContent); err != nil {
		return err
	}
	second, err := s.Do(ctx, http.MethodPatch, path, change("King"), "If-Match", tag)
	if err != nil {
		return err
	}
	if err := second.Has(http.StatusPreconditionFailed); err != nil {
		return err
	}
	return s.After(ctx, second, path, "name/familyName", "Byron")
}
