package tenantgroup

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/refusal"
	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Complete finishes a create of which only the first step is known to be done: it makes the user a
// member of the tenant's organization. A user that is a member already is not an error, and neither
// is a tenant without an organization, or no group at all. A user that is deleted leaves the
// organization by that (measured).
func (g *Group) Complete(ctx context.Context, r *keycloak.Realm, ref scim.Ref) error {
	if g == nil || g.Organization == "" || ref.Type != scim.User {
		return nil
	}
	a, err := g.enlist(ctx, r, ref.ID)
	switch {
	case err != nil:
		return err
	case a.Status == http.StatusCreated, a.Status == http.StatusConflict:
		return nil
	case a.Status == http.StatusForbidden:
		return g.noOrganization(r, a)
	}
	return refusal.Unclear(a.Status, a.Body)
}

// organizes returns the fault of an account that cannot manage the members of the organization. It
// names a user that does not exist: 404 comes after Keycloak has looked at the permission, 403
// before (measured).
func (g *Group) organizes(ctx context.Context, r *keycloak.Realm) error {
	if g.Organization == "" {
		return nil
	}
	a, err := g.enlist(ctx, r, representation.NoID)
	switch {
	case err != nil:
		return err
	case a.Status == http.StatusNotFound:
		return nil
	case a.Status == http.StatusForbidden:
		return g.noOrganization(r, a)
	case a.Status < http.StatusBadRequest:
		return scim.Upstream(errors.New("Keycloak has made a user that does not exist a member of the organization"))
	}
	return refusal.Unclear(a.Status, a.Body)
}

func (g *Group) enlist(ctx context.Context, r *keycloak.Realm, id string) (keycloak.Answer, error) {
	return r.Send(ctx, http.MethodPost, "/organizations/"+url.PathEscape(g.Organization)+"/members", document.Quote(id))
}

func (g *Group) noOrganization(r *keycloak.Realm, a keycloak.Answer) error {
	return r.Fault(fault.Organization, "members of the organization "+g.Organization+": Keycloak answered "+fault.Said(a.Status, a.Body))
}
