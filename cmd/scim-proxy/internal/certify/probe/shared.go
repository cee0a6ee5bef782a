package probe

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// remember returns the value that make returned first, or its error.
func remember[T any](s *Session, key string, make func() (T, error)) (T, error) {
	if c, ok := s.cache[key]; ok {
		v, _ := c.value.(T)
		return v, c.err
	}
	v, err := make()
	s.cache[key] = cached{v, err}
	return v, err
}

// Document returns the answer to a GET of a discovery endpoint, which is sent once.
func (s *Session) Document(ctx context.Context, path string) (*Answer, error) {
	return remember(s, path, func() (*Answer, error) { return s.Get(ctx, path) })
}

// Supports reports whether the ServiceProviderConfig advertises a feature. A server without it
// supports none.
func (s *Session) Supports(ctx context.Context, feature string) bool {
	a, err := s.Document(ctx, "/ServiceProviderConfig")
	return err == nil && a.At(feature+"/supported") == true
}

// NeedsFeature skips a check unless the ServiceProviderConfig advertises a feature.
func (s *Session) NeedsFeature(ctx context.Context, feature string) error {
	if s.Supports(ctx, feature) {
		return nil
	}
	return Skip("the ServiceProviderConfig does not advertise " + feature)
}

// ResourceTypes returns the resource types, or nil if the server does not say which it has.
func (s *Session) ResourceTypes(ctx context.Context) []Object {
	a, err := s.Document(ctx, "/ResourceTypes")
	if err != nil {
		return nil
	}
	return List(a.Body, "Resources")
}

// Schemas returns the schemas, or nil if the server does not say which it has.
func (s *Session) Schemas(ctx context.Context) []Object {
	a, err := s.Document(ctx, "/Schemas")
	if err != nil {
		return nil
	}
	return List(a.Body, "Resources")
}

// needs skips a check if the server says that it has no such resource type.
func (s *Session) needs(ctx context.Context, kind string) error {
	types := s.ResourceTypes(ctx)
	for _, t := range types {
		if t["name"] == kind {
			return nil
		}
	}
	if types == nil {
		return nil
	}
	return Skip("the server has no resource type " + kind)
}

// Attribute returns the definition of an attribute (name, or name.sub), or nil.
func (s *Session) Attribute(ctx context.Context, urn, path string) Object {
	for _, schema := range s.Schemas(ctx) {
		if id, _ := schema["id"].(string); !strings.EqualFold(id, urn) {
			continue
		}
		name, sub, deep := strings.Cut(path, ".")
		found := named(List(schema, "attributes"), name)
		if deep {
			found = named(List(found, "subAttributes"), sub)
		}
		return found
	}
	return nil
}

func named(list []Object, name string) Object {
	for _, a := range list {
		if n, _ := a["name"].(string); strings.EqualFold(n, name) {
			return a
		}
	}
	return nil
}

// NeedsAttribute skips a check if the server has schemas and they lack an attribute of users.
func (s *Session) NeedsAttribute(ctx context.Context, urn, path string) error {
	if s.Schemas(ctx) == nil || s.Attribute(ctx, urn, path) != nil {
		return nil
	}
	return Skip("the schemas of the server do not have " + path)
}

// Person is a user that checks share. They must not change it.
type Person struct{ Path, ID, UserName, Mail string }

// People are three users and a group of the first two, which checks share.
type People struct {
	All   [3]Person
	Group Person // its UserName is the displayName
}

// Given and Family are parts of the names of shared users.
var (
	Given  = [3]string{"Anna", "Berta", "Carla"}
	Family = [3]string{"Alpha", "Beta", "Gamma"}
)

// People returns the shared users. The third one is not active.
func (s *Session) People(ctx context.Context) (People, error) {
	return remember(s, "people", func() (People, error) {
		var p People
		for i := range p.All {
			path, body, err := s.NewUser(ctx, Object{
				"name": Object{"givenName": Given[i], "familyName": Family[i]}, "active": i < 2,
			})
			if err != nil {
				return p, err
			}
			name, _ := body["userName"].(string)
			p.All[i] = Person{path, ID(path), name, name}
		}
		return p, nil
	})
}

// Crew returns the shared users with a group that has the first two as members.
func (s *Session) Crew(ctx context.Context) (People, error) {
	return remember(s, "crew", func() (People, error) {
		p, err := s.People(ctx)
		if err != nil {
			return p, err
		}
		path, body, err := s.NewGroup(ctx, nil)
		if err != nil {
			return p, err
		}
		name, _ := body["displayName"].(string)
		p.Group = Person{Path: path, ID: ID(path), UserName: name}
		_, err = s.Send(ctx, http.MethodPatch, path, Patch(Op("add", "members", []Object{{"value": p.All[0].ID}, {"value": p.All[1].ID}})), http.StatusOK, http.StatusNoContent)
		return p, err
	})
}

// Matches fails unless an expression holds for exactly those of the shared users that want has as
// letters: "AC" is the first and the third. It asks for each user alone, so that other users of
// the server do not matter.
func (s *Session) Matches(ctx context.Context, expression, want string) error {
	p, err := s.People(ctx)
	if err != nil {
		return err
	}
	for i, one := range p.All {
		list, a, err := s.Find(ctx, "/Users", "userName eq "+Quote(one.UserName)+" and "+expression)
		if err != nil {
			return err
		}
		holds := strings.Contains(want, string(rune('A'+i)))
		if found := len(list) == 1 && list[0]["id"] == one.ID; found != holds || len(list) > 1 {
			return a.Fail(fmt.Sprintf("the user is in the list: %t", holds), a.summary())
		}
	}
	return nil
}
