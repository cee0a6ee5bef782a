package keycloak

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/membership"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// ChangeMembers changes a group's membership.
func (r *Realm) ChangeMembers(ctx context.Context, group scim.Ref, m directory.MemberChange) error {
	if !representation.ValidID(group.ID) {
		return scim.NotFound(group)
	}
	if i := slices.IndexFunc(m.Add, func(id string) bool { return !representation.ValidID(id) }); i >= 0 {
		return scim.InvalidValue("member %.64q does not exist", m.Add[i])
	}
	m.Remove = slices.DeleteFunc(slices.Clone(m.Remove), func(id string) bool { return !representation.ValidID(id) }) // it is not a member
	if m.Empty() {
		if see, wanted := directory.SeenMembers(ctx); wanted {
			return see(nil)
		}
		return nil
	}
	return membership.Group{
		Read:  func(ctx context.Context) ([]string, error) { return r.Members(ctx, group) },
		Patch: func(ctx context.Context, ops []profile.Op) error { _, err := r.patch(ctx, group, ops); return err },
	}.Change(ctx, m)
}

// members reads the ids of all members.
func (r *Realm) members(ctx context.Context, group scim.Ref) ([]string, error) {
	a, err := r.call(ctx, http.MethodGet, r.path(group), url.Values{"attributes": {"members"}}, "")
	if err != nil {
		return nil, err
	}
	if !a.ok() {
		return nil, r.refused(group, a)
	}
	doc, err := scim.ParseResource(a.body)
	if err != nil {
		return nil, scim.Upstream(err)
	}
	ids := []string{}
	for _, e := range document.Elements(doc.Raw("members")) {
		m, err := scim.Part(e)
		if err != nil {
			return nil, scim.Upstream(err)
		}
		ids = append(ids, document.Text(m.Raw("value")))
	}
	return ids, nil
}
