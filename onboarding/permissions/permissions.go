package permissions

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"keycloak-scim-proxy/onboarding"
)

// Policy is a condition of permissions, such as the users who have them.
type Policy struct {
	ID     string            `json:"id"`
	Name   string            `json:"name"`
	Type   string            `json:"type"`
	Logic  string            `json:"logic"`
	Config map[string]string `json:"config"`
}

// Users are the ids that a policy of the type user names.
func (p Policy) Users() (ids []string) {
	if p.Type == "user" {
		_ = json.Unmarshal([]byte(p.Config["users"]), &ids)
	}
	return ids
}

// Permission allows scopes on objects of one type.
type Permission struct {
	ID, Name, Type, ResourceType, DecisionStrategy string
	// Scopes are sorted.
	Scopes []string
	// Resources are the ids of the objects, sorted; the name of the type stands for all of them.
	Resources []string
}

// UnmarshalJSON reads the names of scopes and resources. Keycloak has them beside ids of its own.
func (p *Permission) UnmarshalJSON(b []byte) error {
	type named struct{ Name string }
	var raw struct {
		ID               string  `json:"id"`
		Name             string  `json:"name"`
		Type             string  `json:"type"`
		ResourceType     string  `json:"resourceType"`
		DecisionStrategy string  `json:"decisionStrategy"`
		Scopes           []named `json:"scopesData"`
		Resources        []named `json:"resourcesData"`
	}
	err := json.Unmarshal(b, &raw)
	names := func(all []named) (list []string) {
		for _, one := range all {
			list = append(list, one.Name)
		}
		slices.Sort(list)
		return list
	}
	*p = Permission{raw.ID, raw.Name, raw.Type, raw.ResourceType, raw.DecisionStrategy, names(raw.Scopes), names(raw.Resources)}
	return err
}

// On reports whether the permission names an object.
func (p Permission) On(id string) bool { return slices.Contains(p.Resources, id) }

// Set has all permissions and policies of a realm.
type Set struct {
	Policies    []Policy
	Permissions []Permission

	admin         *onboarding.Admin
	realm, client string
}

// Read reads the permissions of a realm, none if they are switched off.
func Read(ctx context.Context, admin *onboarding.Admin, realm string) (*Set, error) {
	s := &Set{admin: admin, realm: realm}
	r, _, err := admin.Realm(ctx, realm)
	if err != nil || !r.FineGrained {
		return s, err
	}
	s.client = r.PermissionsClient.ID
	everything := url.Values{"fields": {"*"}}
	if s.Permissions, err = onboarding.Pages[Permission](ctx, admin, realm, everything, s.path("permission")...); err != nil {
		return nil, fmt.Errorf("permissions of realm %q: %w", realm, err)
	}
	everything.Set("permission", "false")
	if s.Policies, err = onboarding.Pages[Policy](ctx, admin, realm, everything, s.path("policy")...); err != nil {
		return nil, fmt.Errorf("policies of realm %q: %w", realm, err)
	}
	return s, nil
}

func (s *Set) path(more ...string) []string {
	return append([]string{"clients", s.client, "authz", "resource-server"}, more...)
}

// Policy returns the policy with a name.
func (s *Set) Policy(name string) (Policy, bool) {
	i := slices.IndexFunc(s.Policies, func(p Policy) bool { return p.Name == name })
	if i < 0 {
		return Policy{}, false
	}
	return s.Policies[i], true
}

// Permission returns the permission with a name.
func (s *Set) Permission(name string) (Permission, bool) {
	i := slices.IndexFunc(s.Permissions, func(p Permission) bool { return p.Name == name })
	if i < 0 {
		return Permission{}, false
	}
	return s.Permissions[i], true
}

// PoliciesOf returns the policies that a permission needs.
func (s *Set) PoliciesOf(ctx context.Context, p Permission) (all []Policy, err error) {
	if err = s.do(ctx, http.MethodGet, nil, &all, "permission", p.ID, "associatedPolicies"); err != nil {
		err = fmt.Errorf("policies of the permission %q: %w", p.Name, err)
	}
	return all, err
}

// PermissionsOf returns the permissions that need a policy, with names and types only.
func (s *Set) PermissionsOf(ctx context.Context, p Policy) (all []Permission, err error) {
	if err = s.do(ctx, http.MethodGet, nil, &all, "policy", p.ID, "dependentPolicies"); err != nil {
		err = fmt.Errorf("permissions of the policy %q: %w", p.Name, err)
	}
	return all, err
}

// PutUserPolicy creates or replaces a policy that names users.
func (s *Set) PutUserPolicy(ctx context.Context, name string, users ...string) error {
	body := map[string]any{"name": name, "type": "user", "logic": "POSITIVE", "users": users}
	p, has := s.Policy(name)
	return s.put(ctx, has, p.ID, body, "policy", "user")
}

// Put creates or replaces the permission with the name of p. It allows the scopes on the objects to
// whoever meets the policy.
func (s *Set) Put(ctx context.Context, p Permission, policy Policy) error {
	have, has := s.Permission(p.Name)
	return s.put(ctx, has, have.ID, map[string]any{
		"name": p.Name, "type": "scope", "resourceType": p.ResourceType, "scopes": p.Scopes, "resources": p.Resources,
		"policies": []string{policy.ID}, "decisionStrategy": unanimous, "logic": "POSITIVE",
	}, "permission", "scope")
}

// unanimous requires all policies of a permission to agree.
const unanimous = "UNANIMOUS"

// Same reports whether a permission of the realm allows exactly what p does to the policy only.
func (s *Set) Same(ctx context.Context, p Permission, policy string) (bool, error) {
	have, has := s.Permission(p.Name)
	if !has || have.ResourceType != p.ResourceType || have.DecisionStrategy != unanimous ||
		!slices.Equal(have.Scopes, p.Scopes) || !slices.Equal(have.Resources, p.Resources) {
		return false, nil
	}
	of, err := s.PoliciesOf(ctx, have)
	return err == nil && len(of) == 1 && of[0].Name == policy, err
}

func (s *Set) put(ctx context.Context, has bool, id string, body map[string]any, path ...string) error {
	if !has {
		return s.do(ctx, http.MethodPost, body, nil, path...)
	}
	body["id"] = id
	return s.do(ctx, http.MethodPut, body, nil, append(path, id)...)
}

// Delete deletes a permission. One that does not exist is not an error.
func (s *Set) Delete(ctx context.Context, p Permission) error {
	return s.remove(ctx, "permission", p.Type, p.ID)
}

// DeletePolicy deletes a policy. One that does not exist is not an error.
func (s *Set) DeletePolicy(ctx context.Context, p Policy) error {
	return s.remove(ctx, "policy", p.Type, p.ID)
}

func (s *Set) remove(ctx context.Context, path ...string) error {
	err := s.do(ctx, http.MethodDelete, nil, nil, path...)
	if onboarding.Status(err) == http.StatusNotFound {
		return nil
	}
	return err
}

func (s *Set) do(ctx context.Context, method string, body, result any, path ...string) error {
	_, err := s.admin.Do(ctx, s.realm, onboarding.Request{Method: method, Path: s.path(path...), Body: body, Result: result})
	return err
}
