package tenant

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// policy of the realm's permissions.
type policy struct {
	ID     string            `json:"id"`
	Name   string            `json:"name"`
	Type   string            `json:"type"`
	Logic  string            `json:"logic"`
	Config map[string]string `json:"config"`
}

// users are the ids that a policy of the type user names.
func (p policy) users() (ids []string) {
	if p.Type == "user" {
		_ = json.Unmarshal([]byte(p.Config["users"]), &ids) //nolint:errchkjson // Keycloak's own text
	}
	return ids
}

// permission of the realm on objects.
type permission struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	Type             string `json:"type"`
	ResourceType     string `json:"resourceType"`
	DecisionStrategy string `json:"decisionStrategy"`
	Scopes           []struct{ Name string }
	Resources        []struct{ Name string }
}

// UnmarshalJSON reads the names of scopes and resources, which are beside their internal ids.
func (p *permission) UnmarshalJSON(b []byte) error {
	type plain permission
	var raw struct {
		plain
		Scopes        json.RawMessage
		Resources     json.RawMessage
		ScopesData    []struct{ Name string } `json:"scopesData"`
		ResourcesData []struct{ Name string } `json:"resourcesData"`
	}
	err := json.Unmarshal(b, &raw)
	*p = permission(raw.plain)
	p.Scopes, p.Resources = raw.ScopesData, raw.ResourcesData
	return err
}

func names(all []struct{ Name string }) []string {
	var list []string
	for _, one := range all {
		list = append(list, one.Name)
	}
	slices.Sort(list)
	return list
}

// on reports whether the permission is on an object.
func (p permission) on(id string) bool {
	return slices.ContainsFunc(p.Resources, func(r struct{ Name string }) bool { return r.Name == id })
}

// permissions of a realm.
type permissions struct {
	client      string
	policies    []policy
	permissions []permission
}

// readPermissions reads all permissions and policies of the realm, none if they are off.
func (t *Tenant) readPermissions(ctx context.Context) (all permissions, err error) {
	r, _, err := t.admin.Realm(ctx, t.Realm)
	if err != nil || !r.FineGrained {
		return all, err
	}
	all.client = r.PermissionsClient.ID
	fields := map[string]string{"fields": "*", "permission": "false"}
	if all.policies, err = pages[policy](ctx, t, fields, all.path("policy")...); err != nil {
		return all, fmt.Errorf("policies of realm %q: %w", t.Realm, err)
	}
	if all.permissions, err = pages[permission](ctx, t, map[string]string{"fields": "*"}, all.path("permission")...); err != nil {
		return all, fmt.Errorf("permissions of realm %q: %w", t.Realm, err)
	}
	return all, nil
}

func (p permissions) path(more ...string) []string {
	return append([]string{"clients", p.client, "authz", "resource-server"}, more...)
}

func (p permissions) policy(name string) (policy, bool) {
	i := slices.IndexFunc(p.policies, func(one policy) bool { return one.Name == name })
	if i < 0 {
		return policy{}, false
	}
	return p.policies[i], true
}

func (p permissions) permission(name string) (permission, bool) {
	i := slices.IndexFunc(p.permissions, func(one permission) bool { return one.Name == name })
	if i < 0 {
		return permission{}, false
	}
	return p.permissions[i], true
}
