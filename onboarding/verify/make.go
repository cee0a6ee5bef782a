package verify

import (
	"context"
	"fmt"
	"maps"
	"net/http"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/attacks"
)

// create creates the decoys by one import: all or none of them, whatever the realm's user profile
// requires, with neither default roles nor default groups, and never in a directory of the realm
// such as LDAP (measured on 26.7.3). Decoys that it returns with an error must be removed too.
func (p *Proof) create(ctx context.Context) (*decoys, error) {
	d := &decoys{}
	var made struct {
		Results []struct{ ResourceType, ResourceName, ID string }
	}
	_, err := p.admin.Do(ctx, p.spec.Realm, onboarding.Request{Method: http.MethodPost, Path: []string{"partialImport"}, Body: p.imported(), Result: &made})
	if err != nil {
		return d, fmt.Errorf("create decoys: %w", err)
	}
	types := map[string]*kind{"USER": &users, "GROUP": &groups, "CLIENT": &clients, "REALM_ROLE": &realmRoles}
	for _, r := range made.Results {
		if k := types[r.ResourceType]; k != nil {
			d.all = append(d.all, decoy{k, r.ID, r.ResourceName})
		}
	}
	child, err := p.decoyChild(ctx)
	if err != nil {
		return d, err
	}
	d.all = append(d.all, decoy{&groups, child, otherPool})
	if p.found.realm.Organizations {
		id, err := p.admin.Do(ctx, p.spec.Realm, onboarding.Request{
			Method: http.MethodPost, Path: organizations.collection,
			Body: object{"name": p.run + organization, "alias": p.run + organization, "enabled": false},
		})
		if err != nil {
			return d, fmt.Errorf("create a decoy organization: %w", err)
		}
		d.all = append(d.all, decoy{&organizations, id, p.run + organization})
	}
	p.target(d)
	return d, nil
}

func (p *Proof) decoyChild(ctx context.Context) (string, error) {
	var g struct{ ID string }
	if err := p.get(ctx, &g, nil, "group-by-path", p.run+otherGroup, otherPool); err != nil {
		return "", fmt.Errorf("a decoy group: %w", err)
	}
	return g.ID, nil
}

// imported is the document that creates the decoys. The import of a group needs its path.
func (p *Proof) imported() object {
	user := func(name string, more object) object {
		u := object{"username": p.run + name, "enabled": false}
		maps.Copy(u, more)
		return u
	}
	administrator := object{"clientRoles": object{"realm-management": []string{weak}}}
	other := "/" + p.run + otherGroup
	return object{
		"ifResourceExists": "FAIL",
		"users": []object{
			user(member, object{"groups": []string{"/" + p.spec.Group}}), user(outsider, nil), user(boss, administrator),
			user(neighbour, object{"groups": []string{other, other + "/" + otherPool}}),
		},
		"groups": []object{
			{"name": p.run + otherGroup, "path": other, "subGroups": []object{{"name": otherPool, "path": other + "/" + otherPool}}},
			{"name": p.run + bossGroup, "path": "/" + p.run + bossGroup, "clientRoles": administrator["clientRoles"]},
		},
		"clients": []object{{"clientId": p.run + otherClient, "enabled": false, "standardFlowEnabled": false}},
		"roles":   object{"realm": []object{{"name": p.run + otherRole}}},
	}
}

// target says what is attacked.
func (p *Proof) target(d *decoys) {
	id := func(k *kind, name string) string {
		for _, one := range d.all {
			if one.kind == k && (one.Name == p.run+name || one.Name == name) {
				return one.ID
			}
		}
		return ""
	}
	path := "/" + p.run + otherGroup
	d.own = attacks.Own{
		Group: p.found.objects.Group, Path: "/" + p.spec.Group, Child: p.found.objects.Free, User: id(&users, member),
		Organization: p.found.objects.Organization, Prefix: p.run,
	}
	d.foreign = attacks.Foreign{
		Users: []attacks.User{
			{Who: "a user of no tenant", ID: id(&users, outsider)}, {Who: "a user of another tenant", ID: id(&users, neighbour)},
			{Who: "an administrator", ID: id(&users, boss)},
		},
		Groups: []attacks.Group{
			{Who: "another tenant's group", ID: id(&groups, otherGroup), Path: path},
			{Who: "a group of another tenant's pool", ID: id(&groups, otherPool), Path: path + "/" + otherPool},
			{Who: "a group that maps an administrator's role", ID: id(&groups, bossGroup), Path: "/" + p.run + bossGroup},
		},
		Organization: id(&organizations, organization), OtherClient: id(&clients, otherClient),
		Role:   attacks.Role{ID: id(&realmRoles, otherRole), Name: p.run + otherRole},
		Client: p.found.client, Account: p.found.user, Permissions: p.found.realm.PermissionsClient.ID,
	}
}
