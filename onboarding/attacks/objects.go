package attacks

import "net/http"

// onUser reads, changes, signs out, takes over and deletes a user.
func onUser(own Own, u User) []Attack {
	l := list{who: u.Who}
	admin, scim := "/users"+segment(u.ID), "/Users"+segment(u.ID)
	for _, path := range []string{"", "/groups", "/sessions", "/role-mappings", "/federated-identity", "/credentials", "/consents"} {
		l.add(Admin, http.MethodGet, admin+path, nil)
	}
	l.add(Admin, http.MethodPut, admin, object{"firstName": "H", "lastName": "x"})
	l.add(Admin, http.MethodPut, admin, object{"enabled": false})
	l.add(Admin, http.MethodPut, admin+"/reset-password", object{"type": "password", "value": "Pw2!pw1!", "temporary": false})
	l.add(Admin, http.MethodPost, admin+"/logout", nil)
	l.add(Admin, http.MethodPost, admin+"/impersonation", nil)
	l.add(Admin, http.MethodPost, admin+"/federated-identity/corp", object{"userId": "1", "userName": "1"})
	l.add(Admin, http.MethodPut, admin+"/execute-actions-email", []string{"UPDATE_PASSWORD"})
	l.add(Admin, http.MethodPut, admin+"/groups"+segment(own.Group), nil)
	l.add(Admin, http.MethodPut, admin+"/groups"+segment(own.Child), nil)
	l.add(Admin, http.MethodPost, admin+"/role-mappings/realm", []object{{"id": "x", "name": "x"}})
	if own.Organization != "" {
		l.add(Admin, http.MethodPost, "/organizations"+segment(own.Organization)+"/members", u.ID)
	}
	l.add(SCIM, http.MethodGet, scim, nil)
	l.add(SCIM, http.MethodPatch, scim, patch(op("replace", "active", false)))
	l.add(SCIM, http.MethodPatch, scim, patch())
	l.add(SCIM, http.MethodPut, scim, object{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "id": u.ID, "userName": "taken-over"})
	l.add(SCIM, http.MethodPatch, scim, patch(op("add", "groups", member(own.Group))))
	for _, g := range []string{own.Group, own.Child} {
		l.add(SCIM, http.MethodPatch, "/Groups"+segment(g), patch(op("add", "members", member(u.ID))))
	}
	l.add(SCIM, http.MethodDelete, scim, nil)
	l.add(Admin, http.MethodDelete, admin, nil)
	return l.all
}

// onGroup reads, renames, fills and deletes a group, and brings the account's own user into it.
func onGroup(own Own, g Group) []Attack {
	l := list{who: g.Who}
	admin, scim := "/groups"+segment(g.ID), "/Groups"+segment(g.ID)
	for _, path := range []string{"", "/members", "/children", "/role-mappings"} {
		l.add(Admin, http.MethodGet, admin+path, nil)
	}
	l.add(Admin, http.MethodGet, "/group-by-path"+g.Path, nil)
	l.add(Admin, http.MethodPut, admin, object{"name": "renamed"})
	l.add(Admin, http.MethodPost, admin+"/children", object{"name": "child"})
	l.add(Admin, http.MethodPost, "/groups"+segment(own.Child)+"/children", object{"id": g.ID, "name": "moved"})
	l.add(Admin, http.MethodPut, "/users"+segment(own.User)+"/groups"+segment(g.ID), nil)
	l.add(Admin, http.MethodPost, "/users", created("by-group-"+g.ID, g.Path))
	l.add(Admin, http.MethodPost, "/users", created("by-both-"+g.ID, own.Path, g.Path))
	l.add(SCIM, http.MethodGet, scim, nil)
	l.add(SCIM, http.MethodPatch, scim, patch(op("replace", "displayName", "renamed")))
	l.add(SCIM, http.MethodPatch, scim, patch(op("add", "members", member(own.User))))
	l.add(SCIM, http.MethodPatch, "/Users"+segment(own.User), patch(op("add", "groups", member(g.ID))))
	l.add(SCIM, http.MethodDelete, scim, nil)
	l.add(Admin, http.MethodDelete, admin, nil)
	return l.all
}

func created(name string, groups ...string) object {
	return object{"username": name, "enabled": true, "email": name + "@example.com", "firstName": "F", "lastName": "L", "groups": append([]string{}, groups...)}
}

func onOrganization(id string) []Attack {
	if id == "" {
		return nil
	}
	l := list{who: "another organization"}
	path := "/organizations" + segment(id)
	for _, part := range []string{"", "/members", "/groups", "/identity-providers"} {
		l.add(Admin, http.MethodGet, path+part, nil)
	}
	l.add(Admin, http.MethodPut, path, object{"name": "renamed", "alias": "renamed"})
	l.add(Admin, http.MethodDelete, path, nil)
	return l.all
}

// onAccount widens the account itself.
func onAccount(f Foreign) []Attack {
	l := list{who: "the account's own client and user"}
	if f.Client != "" {
		path := "/clients" + segment(f.Client)
		l.add(Admin, http.MethodGet, path, nil)
		l.add(Admin, http.MethodGet, path+"/client-secret", nil)
		l.add(Admin, http.MethodPost, path+"/client-secret", nil)
		l.add(Admin, http.MethodPut, path, object{"fullScopeAllowed": true})
	}
	if f.Account != "" {
		l.all = append(l.all, onUser(Own{}, User{l.who, f.Account})[:9]...)
	}
	return l.all
}

// onRealm reads and changes what belongs to the realm, and gives own objects what they must not
// have.
func onRealm(own Own) []Attack {
	l := list{who: "the realm"}
	for _, path := range []string{"/clients", "/roles", "/events", "/admin-events", "/keys", "/components", "/authentication/flows", "/identity-provider/instances", "/client-scopes"} {
		l.add(Admin, http.MethodGet, path, nil)
	}
	l.add(Admin, http.MethodPut, "", object{"displayName": "x"})
	l.add(Admin, http.MethodDelete, "", nil)
	l.add(Admin, http.MethodPut, "/users/profile", object{"attributes": []object{}})
	l.add(Admin, http.MethodPost, "/clients", object{"clientId": "x"})
	l.add(Admin, http.MethodPost, "/roles", object{"name": "x"})
	l.add(Admin, http.MethodPost, "/groups", object{"name": "top"})
	l.add(Admin, http.MethodPost, "/users", created("without-a-group"))
	l.add(Admin, http.MethodPost, "/organizations", object{"name": "x", "domains": []object{{"name": "x.test"}}})
	l.add(Admin, http.MethodPost, "/groups", object{"id": own.Child, "name": "moved-to-the-top"})
	l.add(Admin, http.MethodPost, "/groups"+segment(own.Child)+"/role-mappings/realm", []object{{"id": "x", "name": "x"}})
	l.add(Admin, http.MethodPost, "/users"+segment(own.User)+"/role-mappings/realm", []object{{"id": "x", "name": "x"}})
	l.add(Admin, http.MethodPost, "/users"+segment(own.User)+"/impersonation", nil)
	l.add(Admin, http.MethodPut, "/groups"+segment(own.Group), object{"name": "renamed"})
	l.add(Admin, http.MethodPost, "/groups"+segment(own.Group)+"/children", object{"name": "made"})
	l.add(SCIM, http.MethodPatch, "/Groups"+segment(own.Group), patch(op("replace", "displayName", "renamed")))
	l.add(SCIM, http.MethodPost, "/Users", object{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": "by-scim"})
	l.add(SCIM, http.MethodPost, "/Groups", object{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "by-scim"})
	l.add(SCIM, http.MethodDelete, "/Groups"+segment(own.Group), nil)
	l.add(Admin, http.MethodDelete, "/groups"+segment(own.Group), nil)
	return l.all
}
