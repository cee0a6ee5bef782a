package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The schemas of the RFCs.
const (
	UserURN       = "urn:ietf:params:scim:schemas:core:2.0:User"
	GroupURN      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	EnterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	PatchURN      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	ListURN       = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	SearchURN     = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
	BulkURN       = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
)

// Null is an explicit null.
var Null = json.RawMessage("null")

// Name returns a new name that begins with the prefix of the run.
func (s *Session) Name() string {
	s.named++
	return s.Prefix + "-" + strconv.Itoa(s.named)
}

// User returns the body of a new user, with the attributes that servers usually require. Changes
// replace attributes; nil removes one.
func (s *Session) User(changes Object) Object {
	name := s.Name()
	return with(Object{
		"schemas": []string{UserURN}, "userName": name + "@example.com", "active": true,
		"name":   Object{"givenName": "Ada", "familyName": "Lovelace"},
		"emails": []Object{{"value": name + "@example.com", "type": "work", "primary": true}},
	}, changes)
}

// Group returns the body of a new group.
func (s *Session) Group(changes Object) Object {
	return with(Object{"schemas": []string{GroupURN}, "displayName": s.Name()}, changes)
}

func with(o, changes Object) Object {
	maps.Copy(o, changes)
	maps.DeleteFunc(o, func(_ string, v any) bool { return v == nil })
	return o
}

// Create makes a resource. It fails unless the answer is 201 with an id.
func (s *Session) Create(ctx context.Context, endpoint string, body any) (*Answer, error) {
	a, err := s.Send(ctx, http.MethodPost, endpoint, body, http.StatusCreated)
	if err == nil && a.String("id") == "" {
		err = a.Fail("an id", a.summary())
	}
	return a, err
}

// NewUser makes a user and returns its path and the body that was sent.
func (s *Session) NewUser(ctx context.Context, changes Object) (path string, body Object, err error) {
	body = s.User(changes)
	a, err := s.Create(ctx, "/Users", body)
	if err != nil {
		return "", nil, err
	}
	return "/Users/" + url.PathEscape(a.String("id")), body, nil
}

// NewGroup makes a group and returns its path.
func (s *Session) NewGroup(ctx context.Context, changes Object) (path string, body Object, err error) {
	if err := s.needs(ctx, "Group"); err != nil {
		return "", nil, err
	}
	body = s.Group(changes)
	a, err := s.Create(ctx, "/Groups", body)
	if err != nil {
		return "", nil, err
	}
	return "/Groups/" + url.PathEscape(a.String("id")), body, nil
}

// ID is the id in the path of a resource.
func ID(path string) string {
	id, err := url.PathUnescape(path[strings.LastIndex(path, "/")+1:])
	if err != nil {
		return ""
	}
	return id
}

// Member is a reference to a user with a path.
func Member(path string) Object { return Object{"value": ID(path)} }

// Op is an operation of a PATCH. An empty path and a nil value are left out.
func Op(op, path string, value any) Object {
	o := Object{"op": op}
	if path != "" {
		o["path"] = path
	}
	if value != nil {
		o["value"] = value
	}
	return o
}

// Patch is the body of a PATCH.
func Patch(ops ...Object) Object {
	return Object{"schemas": []string{PatchURN}, "Operations": ops}
}

// Patched sends operations, which must be answered with 200 or 204.
func (s *Session) Patched(ctx context.Context, path string, ops ...Object) (*Answer, error) {
	return s.Change(ctx, http.MethodPatch, path, Patch(ops...))
}

// Becomes sends operations and fails unless a GET shows the values after it. Pairs are a path (At)
// and the value.
func (s *Session) Becomes(ctx context.Context, path string, ops []Object, pairs ...any) error {
	a, err := s.Patched(ctx, path, ops...)
	if err != nil {
		return err
	}
	return s.After(ctx, a, path, pairs...)
}

// After fails unless a GET shows the values after a write. The failure names the write.
func (s *Session) After(ctx context.Context, write *Answer, path string, pairs ...any) error {
	got, err := s.Whole(ctx, path)
	if err != nil {
		return err
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		at, _ := pairs[i].(string)
		if shown := got.At(at); !Equal(shown, pairs[i+1]) {
			return write.Fail("a GET shows "+at+" as "+Text(pairs[i+1]), Text(shown))
		}
	}
	return nil
}

// Find returns the resources that a filter matches. More are further parameters of the query, each
// a name and a value.
func (s *Session) Find(ctx context.Context, endpoint, filter string, more ...string) ([]Object, *Answer, error) {
	q := url.Values{}
	if filter != "" {
		q.Set("filter", filter)
	}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	a, err := s.Get(ctx, endpoint+"?"+q.Encode())
	if err != nil {
		return nil, a, err
	}
	return List(a.Body, "Resources"), a, nil
}

// Whole is Get of a resource, with the members of a group also if the schemas say that they are
// returned on request only.
func (s *Session) Whole(ctx context.Context, path string) (*Answer, error) {
	if strings.HasPrefix(path, "/Groups/") && s.onRequest(ctx, GroupURN, "members") {
		path += "?attributes=displayName,externalId,members"
	}
	return s.Get(ctx, path)
}

func (s *Session) onRequest(ctx context.Context, urn, name string) bool {
	a := s.Attribute(ctx, urn, name)
	return a != nil && a["returned"] == "request"
}

// Members returns the ids of the members that a GET of a group shows, in their order.
func (s *Session) Members(ctx context.Context, path string) ([]string, error) {
	a, err := s.Whole(ctx, path)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(slices.Values(Values(List(a.Body, "members"), "value"))), nil
}

// HasMembers fails unless a group has exactly these members after a write.
func (s *Session) HasMembers(ctx context.Context, write *Answer, path string, ids ...string) error {
	shown, err := s.Members(ctx, path)
	if err != nil {
		return err
	}
	if want := slices.Sorted(slices.Values(ids)); !slices.Equal(shown, want) {
		return write.Fail(fmt.Sprintf("a GET shows the %d members %q", len(want), want), fmt.Sprintf("%d members %q", len(shown), shown))
	}
	return nil
}
