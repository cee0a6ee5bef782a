package confined

import (
	"context"
	"net/http"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// poolLock is the key of the lock of the pool. No resource's lock has it.
const poolLock = "pool of free groups"

// claim takes a free group of the pool by renaming it.
func (d *Directory) claim(ctx context.Context, sent scim.Resource) (scim.Resource, error) {
	if _, err := d.profile.Create(scim.Group, sent); err != nil {
		return scim.Resource{}, err
	}
	if err := unreserved(sent); err != nil {
		return scim.Resource{}, err
	}
	unlock, err := d.group.lock(ctx, poolLock)
	if err != nil {
		return scim.Resource{}, err
	}
	defer unlock()
	all, err := d.group.children(ctx, d.Realm)
	if err != nil {
		return scim.Resource{}, err
	}
	for _, c := range all {
		if !Free(c.Name) {
			continue
		}
		shown, err := d.Realm.Update(ctx, scim.Ref{Type: scim.Group, ID: c.ID}, func(current scim.Resource) (scim.Resource, error) {
			return sent.With("id", current.Raw("id")), nil
		})
		switch scim.Status(err) {
		case http.StatusNotFound: // deleted meanwhile
			continue
		case http.StatusForbidden:
			return shown, d.Fault(fault.Group, "the account may not rename "+c.Name)
		}
		if err == nil {
			d.claimed.Store(c.ID, c.Name)
			is := levelOf(all)
			d.group.note(Level{is.Free - 1, is.All})
		}
		return shown, err
	}
	return scim.Resource{}, errEmpty(d.group.name)
}

// release gives a group back to the pool that the same request has claimed: the create failed, and
// no client has got its id. Otherwise a provider that repeats a create that cannot succeed, with a
// member that does not exist, would empty the pool. release reports whether the group is free.
func (d *Directory) release(ctx context.Context, ref scim.Ref) bool {
	name, claimed := d.claimed.LoadAndDelete(ref.ID)
	was, _ := name.(string)
	if ref.Type != scim.Group || !claimed || d.Realm.ChangeMembers(ctx, ref, directory.MemberChange{Replace: true}) != nil {
		return false
	}
	shown, err := d.Realm.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
		return current.Without("externalId").With("displayName", document.Quote(was)), nil
	})
	return err == nil && shown.Raw("externalId") == "" // a release that keeps the first externalId keeps it for the next group
}

// errEmpty is the error of a pool without a free group. A retry helps after it was filled.
func errEmpty(group string) error {
	return &scim.Error{Status: http.StatusServiceUnavailable, RetryAfter: 300, Detail: "no free group is left in the pool of the group /" + group +
		" in Keycloak: the operator of the service must add groups to the pool; until then, groups cannot be created"}
}

// unreserved returns an error for a group with a name that only free groups have.
func unreserved(wanted scim.Resource) error {
	if Free(document.Text(wanted.Get(displayName))) {
		return scim.InvalidValue("displayName must not begin with %s", free)
	}
	return nil
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
