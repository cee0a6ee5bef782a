package confined

import (
	"context"
	"net/http"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// createGroup takes a free group of the pool.
func (d *Directory) createGroup(ctx context.Context, sent scim.Resource) (shown scim.Resource, err error) {
	if _, err := d.profile.Create(scim.Group, sent); err != nil {
		return scim.Resource{}, err
	}
	if err := tenantgroup.Unreserved(document.Text(sent.Get(displayName))); err != nil {
		return scim.Resource{}, err
	}
	free := ""
	err = d.group.InPool(ctx, func(ctx context.Context) error {
		shown, free, err = d.claim(ctx, sent)
		return err
	})
	if err == nil {
		d.claimed.Store(shown.ID(), claim{free, directory.OutcomeOf(ctx)})
	}
	return shown, err
}

// claim renames a free group of the pool, and returns it with the name that it had.
func (d *Directory) claim(ctx context.Context, sent scim.Resource) (shown scim.Resource, was string, err error) {
	all, err := d.group.Children(ctx, d.Realm)
	if err != nil {
		return scim.Resource{}, "", err
	}
	for _, c := range all {
		if !tenantgroup.Free(c.Name) {
			continue
		}
		shown, err := d.Realm.Update(ctx, scim.Ref{Type: scim.Group, ID: c.ID}, func(current scim.Resource) (scim.Resource, error) {
			return sent.With("id", current.Raw("id")), nil
		})
		switch scim.Status(err) {
		case http.StatusNotFound: // deleted meanwhile
			continue
		case http.StatusForbidden:
			return shown, "", d.Fault(fault.Group, "the account may not rename "+c.Name)
		}
		if err == nil {
			d.group.Claimed(all)
		}
		return shown, c.Name, err
	}
	return scim.Resource{}, "", d.group.NoneFree()
}

// claim is a free group that a create has taken.
type claim struct {
	name   string
	create *directory.Outcome
}

// release gives a group back to the pool that the same create has claimed: the create failed, and
// no client has got its id. Otherwise a provider that repeats a create that cannot succeed, with a
// member that does not exist, would empty the pool. A later operation of the same bulk request is
// not the create. If a change of the create may still take effect, the group is not given back: the
// change would reach the next group. release reports whether the group is free.
func (d *Directory) release(ctx context.Context, ref scim.Ref) bool {
	of, _ := d.claimed.LoadAndDelete(ref.ID)
	was, claimed := of.(claim)
	if ref.Type != scim.Group || !claimed || was.create != directory.OutcomeOf(ctx) || was.create.InDoubt() || d.Realm.ChangeMembers(ctx, ref, directory.MemberChange{Replace: true}) != nil {
		return false
	}
	shown, err := d.Realm.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
		return current.Without("externalId").With("displayName", document.Quote(was.name)), nil
	})
	return err == nil && shown.Raw("externalId") == "" // a release that keeps the first externalId keeps it for the next group
}

// withMembers adds the members of a group: the users that Keycloak finds by the group. It shows
// members in the group itself only with a permission that slows every query down (measured).
func (d *Directory) withMembers(ctx context.Context, group scim.Ref, shown scim.Resource) (scim.Resource, error) {
	var all []string
	err := d.eachMember(ctx, group, func(u scim.Resource) {
		all = append(all, `{"value":`+document.Quote(u.ID())+`,"display":`+document.Quote(document.Text(u.Get(userName)))+`,"type":"User"}`)
	})
	if err != nil || all == nil {
		return shown, err
	}
	return shown.With("members", document.Array(all)), nil
}

// members reads the ids of the members of a group.
func (d *Directory) members(ctx context.Context, group scim.Ref) (ids []string, err error) {
	ids = []string{}
	err = d.eachMember(ctx, group, func(u scim.Resource) { ids = append(ids, u.ID()) })
	return ids, err
}

func (d *Directory) eachMember(ctx context.Context, group scim.Ref, visit func(scim.Resource)) error {
	q := directory.Query{Type: scim.User, Filter: scim.Equal(groupsValue, group.ID), Start: 1, Count: profile.PageLimit, Fields: directory.Fields{Only: []string{userName.Key()}}}
	for {
		p, err := d.listUsers(ctx, q)
		if err != nil {
			return err
		}
		for _, u := range p.Resources {
			visit(u)
		}
		if len(p.Resources) >= p.Total {
			return nil
		}
		if len(p.Resources) == 0 {
			return scim.Upstream(nil)
		}
		q.ResumeAfter = p.Resume[len(p.Resume)-1]
	}
}
