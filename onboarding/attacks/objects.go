package attacks

import "net/http"

// bogus is a role that does not exist.
var bogus = []Role{{"x", "x"}}

// unseen is the answer of the SCIM API to the id of a member that the account cannot see.
const unseen = http.StatusBadRequest

const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
)

// onUser reads, changes, signs out, takes over and deletes a user.
func onUser(own Own, u User) []Attack {
	l := list{who: u.Who, harm: ForeignHarm}
	admin, scim := "/users"+segment(u.ID), "/Users"+segment(u.ID)
	readUser(&l, admin)
	l.add(Admin, http.MethodPut, admin, object{"firstName": "H", "lastName": "x"})
	l.add(Admin, http.MethodPut, admin, object{"enabled": false})
	l.add(Admin, http.MethodPut, admin+"/reset-password", object{"type": "password", "value": "Pw2!pw1!", "temporary": false})
	l.add(Admin, http.MethodPost, admin+"/logout", nil)
	l.probe(Admin, http.MethodPost, admin+"/impersonation", nil)
	l.add(Admin, http.MethodPost, admin+"/federated-identity/corp", object{"userId": "1", "userName": "1"})
	l.add(Admin, http.MethodDelete, admin+"/federated-identity/corp", nil)
	l.probe(Admin, http.MethodDelete, admin+"/consents/account", nil)
	l.probe(Admin, http.MethodDelete, admin+"/credentials/x", nil)
	l.add(Admin, http.MethodPut, admin+"/execute-actions-email", []string{"UPDATE_PASSWORD"})
	l.add(Admin, http.MethodPut, admin+"/send-verify-email", nil)
	l.probe(Admin, http.MethodPost, admin+"/role-mappings/realm", bogus)
	l.add(Admin, http.MethodDelete, "/attack-detection/brute-force"+admin, nil)
	l.add(SCIM, http.MethodGet, scim, nil)
	l.add(SCIM, http.MethodPatch, scim, patch(op("replace", "active", false)))
	l.add(SCIM, http.MethodPatch, scim, patch())
	l.add(SCIM, http.MethodPut, scim, object{"schemas": []string{userSchema}, "id": u.ID, "userName": own.Prefix + "taken-over"})
	joinUser(&l, own, u)
	l.add(SCIM, http.MethodDelete, scim, nil)
	l.add(Admin, http.MethodDelete, admin, nil)
	return l.all
}

func readUser(l *list, path string) {
	for _, part := range []string{"", "/groups", "/sessions", "/role-mappings", "/federated-identity", "/credentials", "/consents", "/unmanagedAttributes"} {
		l.add(Admin, http.MethodGet, path+part, nil)
	}
}

// joinUser brings a foreign user into what the tenant has.
func joinUser(l *list, own Own, u User) {
	for _, g := range []string{own.Group, own.Child} {
		if g == "" {
			continue
		}
		l.add(Admin, http.MethodPut, "/users"+segment(u.ID)+"/groups"+segment(g), nil)
		l.add(SCIM, http.MethodPatch, "/Users"+segment(u.ID), patch(op("add", "groups", member(g))))
		l.refusal(unseen)
		l.add(SCIM, http.MethodPatch, "/Groups"+segment(g), patch(op("add", "members", member(u.ID))))
		l.refusal(unseen)
	}
	if own.Organization != "" {
		l.add(Admin, http.MethodPost, "/organizations"+segment(own.Organization)+"/members", u.ID)
	}
}

// onGroup reads, renames, fills and deletes a group, and brings the account's own user into it.
func onGroup(own Own, g Group) []Attack {
	l := list{who: g.Who, harm: ForeignHarm}
	admin, scim := "/groups"+segment(g.ID), "/Groups"+segment(g.ID)
	for _, path := range []string{"", "/members", "/children", "/role-mappings"} {
		l.add(Admin, http.MethodGet, admin+path, nil)
	}
	l.add(Admin, http.MethodGet, "/group-by-path"+g.Path, nil)
	l.add(Admin, http.MethodPut, admin, object{"name": own.Prefix + "renamed"})
	l.add(Admin, http.MethodPost, admin+"/children", object{"name": "child-of-an-attack"})
	l.probe(Admin, http.MethodPost, admin+"/role-mappings/realm", bogus)
	if own.Child != "" {
		l.add(Admin, http.MethodPost, "/groups"+segment(own.Child)+"/children", object{"id": g.ID, "name": own.Prefix + "moved"})
	}
	l.add(Admin, http.MethodPut, "/users"+segment(own.User)+"/groups"+segment(g.ID), nil)
	l.add(Admin, http.MethodPost, "/users", created(own.Prefix+"by-"+short(g.ID), g.Path))
	// Keycloak checks the user profile, which may require more, creates the user, fails at the second
	// group, and takes the user back.
	l.add(Admin, http.MethodPost, "/users", created(own.Prefix+"both-"+short(g.ID), own.Path, g.Path))
	l.refusal(http.StatusBadRequest, http.StatusInternalServerError)
	l.add(SCIM, http.MethodGet, scim, nil)
	l.add(SCIM, http.MethodPatch, scim, patch(op("replace", "displayName", own.Prefix+"renamed")))
	l.add(SCIM, http.MethodPatch, scim, patch(op("add", "members", member(own.User))))
	l.refusal(unseen)
	l.add(SCIM, http.MethodPatch, "/Users"+segment(own.User), patch(op("add", "groups", member(g.ID))))
	l.refusal(unseen)
	l.add(SCIM, http.MethodDelete, scim, nil)
	l.add(Admin, http.MethodDelete, admin, nil)
	return l.all
}

// short is enough of an id for a name; the local part of an address has at most 64 characters.
func short(id string) string { return id[:min(8, len(id))] }

func created(name string, groups ...string) object {
	return object{"username": name, "enabled": false, "email": name + "@example.com", "firstName": "F", "lastName": "L", "groups": append([]string{}, groups...)}
}

func onOrganization(own Own, id string) []Attack {
	if id == "" {
		return nil
	}
	l := list{who: "another organization", harm: ForeignHarm}
	path := "/organizations" + segment(id)
	for _, part := range []string{"", "/members", "/groups", "/identity-providers"} {
		l.add(Admin, http.MethodGet, path+part, nil)
	}
	l.add(Admin, http.MethodPut, path, object{"name": own.Prefix + "renamed", "alias": own.Prefix + "renamed"})
	l.add(Admin, http.MethodDelete, path, nil)
	return l.all
}

func onClient(id string) []Attack {
	if id == "" {
		return nil
	}
	l := list{who: "another client", harm: ForeignHarm}
	path := "/clients" + segment(id)
	for _, part := range []string{"", "/client-secret", "/roles", "/user-sessions", "/service-account-user"} {
		l.add(Admin, http.MethodGet, path+part, nil)
	}
	l.add(Admin, http.MethodPost, path+"/client-secret", nil)
	l.add(Admin, http.MethodPut, path, object{"description": "by an attack"})
	l.add(Admin, http.MethodPost, path+"/roles", object{"name": "by-an-attack"})
	l.add(Admin, http.MethodDelete, path, nil)
	return l.all
}

// onAccount widens the account itself.
func onAccount(f Foreign) []Attack {
	l := list{who: account, harm: RealHarm}
	if f.Client != "" {
		path := "/clients" + segment(f.Client)
		l.add(Admin, http.MethodGet, path, nil)
		l.add(Admin, http.MethodGet, path+"/client-secret", nil)
		l.add(Admin, http.MethodPost, path+"/client-secret", nil)
		l.add(Admin, http.MethodPut, path, object{"fullScopeAllowed": true})
	}
	if f.Account != "" {
		path := "/users" + segment(f.Account)
		readUser(&l, path)
		l.add(Admin, http.MethodPut, path, object{"firstName": "H", "lastName": "x"})
		l.add(Admin, http.MethodPut, path+"/reset-password", object{"type": "password", "value": "Pw2!pw1!", "temporary": false})
		l.add(Admin, http.MethodPut, path, object{"enabled": false})
	}
	return l.all
}
