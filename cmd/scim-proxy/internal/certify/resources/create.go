package resources

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

func createUser(ctx context.Context, s *probe.Session) error {
	body := s.User(nil)
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return err
	}
	if list, _ := a.At("schemas").([]any); len(list) == 0 {
		return a.Fail("schemas", probe.Text(a.Object()))
	}
	for _, path := range []string{"userName", "name/givenName", "name/familyName", "emails/0/value", "active"} {
		if err := a.Shows(path, probe.At(probe.JSON(body), path)); err != nil {
			return err
		}
	}
	return nil
}

func createMeta(ctx context.Context, s *probe.Session) error {
	a, err := s.Create(ctx, "/Users", s.User(nil))
	if err != nil {
		return err
	}
	if err := a.Shows("meta/resourceType", "User"); err != nil {
		return err
	}
	for _, path := range []string{"meta/created", "meta/lastModified"} {
		if _, err := time.Parse(time.RFC3339, a.String(path)); err != nil {
			return a.Fail(path+" is a time", probe.Text(a.At("meta")))
		}
	}
	return nil
}

func createLocation(ctx context.Context, s *probe.Session) error {
	a, err := s.Create(ctx, "/Users", s.User(nil))
	if err != nil {
		return err
	}
	if location := a.Header.Get("Location"); location == "" || location != a.String("meta/location") {
		return a.Fail("Location and meta.location are the same URL", probe.Text(location)+" and "+probe.Text(a.At("meta/location")))
	}
	return nil
}

func createLocationWorks(ctx context.Context, s *probe.Session) error {
	a, err := s.Create(ctx, "/Users", s.User(nil))
	if err != nil {
		return err
	}
	location, id := a.Header.Get("Location"), a.String("id")
	u, err := url.Parse(location)
	if err != nil || !strings.HasSuffix(u.Path, "/Users/"+id) {
		return a.Fail("a Location that ends with /Users/{id}", probe.Text(location))
	}
	got, err := s.Get(ctx, "/Users/"+u.Path[strings.LastIndex(u.Path, "/")+1:])
	if err != nil {
		return err
	}
	return got.Shows("id", id)
}

// same fails unless the answer to a write has the values that a GET shows after it.
func same(ctx context.Context, s *probe.Session, write *probe.Answer, path string) error {
	got, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	for _, name := range probe.Keys(write.Object()) {
		if name == "meta" {
			continue
		}
		if shown := got.At(name); !probe.Equal(shown, write.At(name)) {
			return write.Fail("a GET shows "+name+" as the answer did: "+probe.Text(write.At(name)), probe.Text(shown))
		}
	}
	return nil
}

func createTruth(ctx context.Context, s *probe.Session) error {
	a, err := s.Create(ctx, "/Users", s.User(probe.Object{"displayName": "Ada L.", "externalId": s.Name(), "title": "Countess"}))
	if err != nil {
		return err
	}
	return same(ctx, s, a, "/Users/"+a.String("id"))
}

func createActive(ctx context.Context, s *probe.Session) error {
	for _, active := range []bool{true, false} {
		a, err := s.Create(ctx, "/Users", s.User(probe.Object{"active": active}))
		if err != nil {
			return err
		}
		if err := s.After(ctx, a, "/Users/"+a.String("id"), "active", active); err != nil {
			return err
		}
	}
	return nil
}

func createReadOnly(ctx context.Context, s *probe.Session) error {
	asked := s.Name()
	a, err := s.Create(ctx, "/Users", s.User(probe.Object{"id": asked, "meta": probe.Object{"resourceType": "Bicycle", "created": "2001-01-01T00:00:00Z"}}))
	if err != nil {
		return err
	}
	if a.String("id") == asked {
		return a.Fail("an id of the server", probe.Text(a.At("id")))
	}
	if a.String("meta/resourceType") == "Bicycle" || strings.HasPrefix(a.String("meta/created"), "2001-01-01") {
		return a.Fail("meta of the server", probe.Text(a.At("meta")))
	}
	return nil
}

// again creates a user a second time, and fails unless that is refused.
func again(ctx context.Context, s *probe.Session, scimType string, change func(string) string) error {
	_, body, err := s.NewUser(ctx, nil)
	if err != nil {
		return err
	}
	name, _ := body["userName"].(string)
	second := s.User(probe.Object{"userName": change(name)})
	a, err := s.Do(ctx, http.MethodPost, "/Users", second)
	if err != nil {
		return err
	}
	return a.Refused(scimType, http.StatusConflict)
}

func createUniqueness(ctx context.Context, s *probe.Session) error {
	return again(ctx, s, "uniqueness", func(name string) string { return name })
}

func createUniquenessCase(ctx context.Context, s *probe.Session) error {
	return again(ctx, s, "", strings.ToUpper)
}

// refused sends a create that must be refused with 400.
func refused(ctx context.Context, s *probe.Session, scimType string, body any) error {
	a, err := s.Do(ctx, http.MethodPost, "/Users", body)
	if err != nil {
		return err
	}
	return a.Refused(scimType, http.StatusBadRequest)
}

func createRequired(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "", s.User(probe.Object{"userName": nil}))
}

func createType(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "", s.User(probe.Object{"name": probe.Object{"givenName": []string{"Ada", "Augusta"}, "familyName": "Lovelace"}}))
}

func createSyntax(ctx context.Context, s *probe.Session) error {
	return refused(ctx, s, "invalidSyntax", `{"schemas":["`+probe.UserURN+`"],"userName":`)
}

func createGroup(ctx context.Context, s *probe.Session) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	body := s.Group(probe.Object{"members": []probe.Object{{"value": p.All[0].ID}}})
	a, err := s.Create(ctx, "/Groups", body)
	if err != nil {
		return err
	}
	return s.After(ctx, a, "/Groups/"+a.String("id"), "displayName", body["displayName"], "members/0/value", p.All[0].ID)
}

func createEmptyGroup(ctx context.Context, s *probe.Session) error {
	path, body, err := s.NewGroup(ctx, nil)
	if err != nil {
		return err
	}
	got, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	return got.Shows("displayName", body["displayName"])
}
