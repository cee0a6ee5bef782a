package confined

import (
	"context"
	"maps"
	"net/http"
	"sync"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

var (
	userName    = scim.AttrPath{Name: "userName"}
	active      = scim.AttrPath{Name: "active"}
	emails      = scim.AttrPath{Name: "emails"}
	displayName = scim.AttrPath{Name: "displayName"}
	groupsValue = scim.AttrPath{Name: "groups", Sub: "value"}
	memberValue = scim.AttrPath{Name: "members", Sub: "value"}
)

// Directory is a directory.Directory over one group of a realm. It is made for one caller.
type Directory struct {
	*keycloak.Realm
	profile *profile.Profile
	group   *tenantgroup.Group
	claimed sync.Map // claims of this request by the id of the group
}

var _ directory.Directory = (*Directory)(nil)

// New returns the Directory of a group. The credential of the realm must be an account that is
// confined to the group. New sends no request.
func New(r *keycloak.Realm, p *profile.Profile, g *tenantgroup.Group) *Directory {
	d := &Directory{Realm: r, profile: p, group: g}
	r.Members = d.members
	return d
}

// Within returns the directory of a group of a realm, or of the whole realm if g is nil.
func Within(r *keycloak.Realm, p *profile.Profile, g *tenantgroup.Group) directory.Directory {
	if g == nil {
		return r
	}
	return New(r, p, g)
}

// Capabilities returns those of the realm, with the filters on groups that this package evaluates.
func (d *Directory) Capabilities() directory.Capabilities {
	c := d.Realm.Capabilities()
	c.FilterLimits.Length, c.FilterLimits.Nesting = c.FilterLimits.Length-tenantgroup.SharedFilter, c.FilterLimits.Nesting-1 // see WithoutShared
	c.Filters = maps.Clone(c.Filters)
	c.Filters[scim.Group] = map[string]directory.FilterSupport{displayName.Key(): directory.Full, memberValue.Key(): directory.EqOnly}
	return c
}

// Create creates a user in the tenant's group, or takes a free group of its pool.
func (d *Directory) Create(ctx context.Context, t scim.ResourceType, sent scim.Resource) (scim.Resource, error) {
	if t == scim.Group {
		return d.createGroup(ctx, sent)
	}
	return d.createUser(ctx, sent)
}

// Get reads one resource of the tenant.
func (d *Directory) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	shown, err := d.Realm.Get(ctx, ref, n)
	if err == nil {
		shown, err = d.own(ctx, ref, shown)
	}
	if err != nil {
		return scim.Resource{}, d.outside(ctx, ref, err)
	}
	if ref.Type == scim.Group && n.Members {
		return d.withMembers(ctx, ref, shown)
	}
	return shown, nil
}

// Update changes one resource of the tenant.
func (d *Directory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	var before, wanted scim.Resource
	shown, err := d.Realm.Update(ctx, ref, func(current scim.Resource) (_ scim.Resource, err error) {
		if before, err = d.own(ctx, ref, current); err != nil {
			return before, err
		}
		if wanted, err = edit(before); err == nil && ref.Type == scim.Group {
			err = tenantgroup.Unreserved(document.Text(wanted.Get(displayName)))
		}
		return wanted, err
	})
	switch {
	case err == nil && ref.Type == scim.User && renamed(wanted, shown):
		return scim.Resource{}, d.unnamed(ctx, ref, before, shown)
	case err == nil:
		return d.own(ctx, ref, shown)
	}
	if ref.Type == scim.User && scim.Status(err) == http.StatusBadGateway {
		err = d.takenInUpdate(ctx, before, wanted, err)
	}
	return scim.Resource{}, d.outside(ctx, ref, err)
}

// ChangeMembers changes the members of a group of the tenant.
func (d *Directory) ChangeMembers(ctx context.Context, group scim.Ref, m directory.MemberChange) error {
	if err := d.visible(ctx, group); err != nil {
		return err
	}
	return d.outside(ctx, group, d.Realm.ChangeMembers(ctx, group, m))
}

// Delete removes a resource of the tenant. A group does not become free again, because its id must
// not come back for another group, unless it is the undo of the create that has claimed it: see
// release.
func (d *Directory) Delete(ctx context.Context, ref scim.Ref) error {
	_, err := d.group.ID(ctx, d.Realm)
	if err == nil && ref.Type == scim.Group {
		err = d.visible(ctx, ref)
	}
	if err == nil && !d.release(ctx, ref) {
		err = d.outside(ctx, ref, d.Realm.Delete(ctx, ref))
	}
	return err
}

// visible returns a 404 error if a group is not one of the tenant.
func (d *Directory) visible(ctx context.Context, group scim.Ref) error {
	_, err := d.Get(ctx, group, directory.Fields{Only: []string{displayName.Key()}})
	return err
}

// own returns a resource as the tenant sees it: a user without the groups that are hidden, and a
// 404 error for the tenant's group and for hidden ones.
func (d *Directory) own(ctx context.Context, ref scim.Ref, shown scim.Resource) (scim.Resource, error) {
	raw := shown.Raw("groups")
	tenant, err := d.group.ID(ctx, d.Realm)
	switch {
	case err != nil:
		return scim.Resource{}, err
	case ref.Type == scim.User && raw == "":
		return shown, nil
	case ref.Type == scim.User:
		return shown.With("groups", withoutHidden(raw, tenant)), nil
	case shown.ID() == tenant || tenantgroup.Hidden(document.Text(shown.Get(displayName))):
		return scim.Resource{}, scim.NotFound(ref)
	}
	return shown, nil
}

// withoutHidden returns the groups of a user without the tenant's and without hidden ones; "" if
// none is left. Keycloak leaves out the groups that the account may not view (measured).
func withoutHidden(groups, tenant string) string {
	var left []string
	for _, e := range document.Elements(groups) {
		g, err := scim.Part(e)
		if err == nil && document.Text(g.Raw("value")) != tenant && !tenantgroup.Hidden(document.Text(g.Raw("display"))) {
			left = append(left, e)
		}
	}
	if left == nil {
		return ""
	}
	return document.Array(left)
}

// outside turns the 403 that Keycloak answers for everything outside the tenant into 404. It is a
// fault if the account cannot see its own group any more.
func (d *Directory) outside(ctx context.Context, ref scim.Ref, err error) error {
	if scim.Status(err) != http.StatusForbidden {
		return err
	}
	if _, broken := d.group.Find(ctx, d.Realm); broken != nil {
		return broken
	}
	hidden := scim.NotFound(ref)
	hidden.Cause = err
	return hidden
}
