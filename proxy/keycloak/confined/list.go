package confined

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// List reads one page. Keycloak's lists of users have those of the tenant only (measured); groups
// are listed in the order of their ids.
func (d *Directory) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	if q.Type == scim.Group {
		return d.listGroups(ctx, q)
	}
	tenant, err := d.group.ID(ctx, d.Realm)
	if err == nil {
		q.Filter, err = withoutTenant(tenant, q.Filter)
	}
	if err != nil {
		return directory.Page{}, err
	}
	p, err := d.listUsers(ctx, q)
	for i, one := range p.Resources {
		if err == nil {
			p.Resources[i], err = d.own(ctx, scim.Ref{Type: scim.User, ID: one.ID()}, one)
		}
	}
	return p, err
}

// listUsers reads a page of users without the shared ones. A page that has less users than it must
// have shows that there are others than are known.
func (d *Directory) listUsers(ctx context.Context, q directory.Query) (directory.Page, error) {
	for looked := false; ; looked = true {
		filter, err := d.group.WithoutShared(ctx, d.Realm, q.Filter)
		if err != nil {
			return directory.Page{}, err
		}
		without := q
		without.Filter = filter
		p, err := d.Realm.List(ctx, without)
		if err != nil || looked || !lacks(q, p) || d.group.TooMany() {
			return p, err
		}
		if err := d.group.Look(ctx, d.Realm); err != nil {
			return directory.Page{}, err
		}
	}
}

// lacks reports whether a page has less users than its total says.
func lacks(q directory.Query, p directory.Page) bool {
	return len(p.Resources) < min(q.Count, profile.PageLimit, p.Total-max(q.Start, 1)+1)
}

// withoutTenant replaces the tenant's group in a filter by none, so that a filter on it finds no
// one. Free groups have no members.
func withoutTenant(tenant string, f scim.Filter) (scim.Filter, error) {
	if f == nil {
		return nil, nil
	}
	return scim.MapFilter(f, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) {
		c, ok := f.(scim.Compare)
		if !ok || !c.Attr.Is(groupsValue) && !of.Is(groupsValue.Top()) {
			return f, nil
		}
		if strings.EqualFold(document.Text(c.Value), tenant) {
			c.Value = document.Quote(representation.NoID)
		}
		return c, nil
	})
}

// listGroups lists the groups of the tenant. The Admin REST API shows all of them at once, with all
// but their dates.
func (d *Directory) listGroups(ctx context.Context, q directory.Query) (directory.Page, error) {
	all, err := d.group.Children(ctx, d.Realm)
	if err != nil {
		return directory.Page{}, err
	}
	with, err := d.groupsOfMembers(ctx, q.Filter)
	if err != nil {
		return directory.Page{}, err
	}
	var found []scim.Resource
	for _, c := range all {
		if tenantgroup.Hidden(c.Name) || c.ID <= q.ResumeAfter {
			continue
		}
		one := standard(c)
		if q.Filter == nil || scim.CoreSchemas().Match(q.Filter, scim.Group, with(one)) {
			found = append(found, one)
		}
	}
	p := directory.Page{Total: len(found), Start: max(q.Start, 1)}
	first := min(p.Start-1, len(found))
	p.Resources = slices.Clone(found[first:min(first+min(q.Count, profile.PageLimit), len(found))])
	p.Resume = idsOf(p.Resources)
	if q.Fields.Members || q.Fields.Covers(scim.AttrPath{Name: "meta"}) {
		return d.whole(ctx, p, q.Fields)
	}
	return p, nil
}

// standard is a child as a SCIM resource, without its dates.
func standard(c tenantgroup.Child) scim.Resource {
	doc := document.Must(`{"schemas":["` + scim.GroupURN + `"]}`).Object()
	doc.Put("id", document.Quote(c.ID))
	if of := c.Attributes["externalId"]; len(of) > 0 && of[0] != "" { // Keycloak keeps an empty one of a group that was given back
		doc.Put("externalId", document.Quote(of[0]))
	}
	doc.Put("displayName", document.Quote(c.Name))
	return doc.Resource()
}

// readsAtOnce is how many groups of a page are read at the same time.
const readsAtOnce = 8

// whole reads the groups of a page by the SCIM API. It leaves out those that are gone meanwhile.
func (d *Directory) whole(ctx context.Context, p directory.Page, n directory.Fields) (directory.Page, error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readsAtOnce)
	for i, one := range p.Resources {
		g.Go(func() error {
			shown, err := d.Get(ctx, scim.Ref{Type: scim.Group, ID: one.ID()}, n)
			if scim.Status(err) == http.StatusNotFound {
				err = nil
			}
			p.Resources[i] = shown
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return p, err
	}
	p.Resources = slices.DeleteFunc(p.Resources, scim.Resource.IsZero)
	p.Resume = idsOf(p.Resources)
	return p, nil
}

// idsOf are the texts that resume a list of groups after each of them.
func idsOf(groups []scim.Resource) []string {
	ids := make([]string, len(groups))
	for i, one := range groups {
		ids[i] = one.ID()
	}
	return ids
}

// groupsOfMembers returns a function that adds to a group those members that a filter asks for. It
// reads each of these users once.
func (d *Directory) groupsOfMembers(ctx context.Context, f scim.Filter) (func(scim.Resource) scim.Resource, error) {
	in := map[string][]string{} // members by group
	if f == nil {
		return nil, nil
	}
	_, err := scim.MapFilter(f, func(of scim.AttrPath, f scim.Filter) (scim.Filter, error) {
		c, ok := f.(scim.Compare)
		if !ok || !c.Attr.Is(memberValue) && !of.Is(memberValue.Top()) {
			return f, nil
		}
		id := document.Text(c.Value)
		user, err := d.Get(ctx, scim.Ref{Type: scim.User, ID: id}, directory.Fields{Only: []string{"groups"}})
		if scim.Status(err) == http.StatusNotFound {
			return f, nil
		}
		for _, e := range document.Elements(user.Raw("groups")) {
			g := document.Text(document.Must(e).Raw("value"))
			in[g] = append(in[g], `{"value":`+document.Quote(id)+`}`)
		}
		return f, err
	})
	return func(group scim.Resource) scim.Resource {
		if members := in[group.ID()]; members != nil {
			return group.With("members", document.Array(members))
		}
		return group
	}, err
}
