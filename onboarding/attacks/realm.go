package attacks

import "net/http"

const (
	realm   = "the realm"
	account = "the account's own client and user"
	// management is a client that every realm has.
	management = "realm-management"
)

// onRealm reads and changes what belongs to the realm, and gives own objects what they must not
// have.
func onRealm(own Own, f Foreign) []Attack {
	l := list{who: realm, harm: RealHarm}
	for _, path := range []string{
		"/clients", "/roles", "/events", "/admin-events", "/events/config", "/keys", "/components", "/authentication/flows", "/identity-provider/instances",
		"/client-scopes", "/default-default-client-scopes", "/client-policies/policies", "/client-session-stats", "/clients-initial-access", "/credential-registrators",
		"/default-groups", "/organizations", "/roles/offline_access/users",
	} {
		l.add(Admin, http.MethodGet, path, nil)
	}
	l.add(Admin, http.MethodPut, "", object{"displayName": "x"})
	l.add(Admin, http.MethodPut, "/users/profile", object{"attributes": []object{}})
	l.add(Admin, http.MethodPost, "/clients", object{"clientId": own.Prefix + "x"})
	l.add(Admin, http.MethodPost, "/roles", object{"name": own.Prefix + "x"})
	l.add(Admin, http.MethodPost, "/groups", object{"name": own.Prefix + "top"})
	l.add(Admin, http.MethodPost, "/users", created(own.Prefix+"without-a-group"))
	l.add(Admin, http.MethodPost, "/organizations", object{"name": own.Prefix + "x", "domains": []object{{"name": "x.test"}}})
	l.add(SCIM, http.MethodPost, "/Users", object{"schemas": []string{userSchema}, "userName": own.Prefix + "by-scim"})
	l.add(SCIM, http.MethodPost, "/Groups", object{"schemas": []string{groupSchema}, "displayName": own.Prefix + "by-scim"})
	l.add(Admin, http.MethodPost, "/logout-all", nil)
	l.add(Admin, http.MethodPost, "/push-revocation", nil)
	onOwn(&l, own, f)
	l.add(Admin, http.MethodDelete, "", nil)
	return l.all
}

// onOwn are attacks on what the tenant has.
func onOwn(l *list, own Own, f Foreign) {
	group := "/groups" + segment(own.Group)
	if own.Child != "" {
		l.add(Admin, http.MethodPost, "/groups", object{"id": own.Child, "name": "moved-to-the-top"})
	}
	l.add(Admin, http.MethodPut, group, object{"name": "renamed"})
	l.add(Admin, http.MethodPost, group+"/children", object{"name": "made"})
	l.add(SCIM, http.MethodPatch, "/Groups"+segment(own.Group), patch(op("replace", "displayName", "renamed")))
	l.add(SCIM, http.MethodDelete, "/Groups"+segment(own.Group), nil)
	l.add(Admin, http.MethodDelete, group, nil)
	l.harm = ForeignHarm
	if f.Role.ID != "" {
		for _, to := range []string{"/groups" + segment(own.Child), group, "/users" + segment(own.User)} {
			if to != "/groups/" {
				l.add(Admin, http.MethodPost, to+"/role-mappings/realm", []Role{f.Role})
			}
		}
	}
	l.harm = RealHarm
}

// probes ask for what belongs to the realm, the account and the tenant's own group, in a form that
// changes nothing. Each was sent to Keycloak 26.7.3 by an administrator, who was answered 400, 404
// or 409, and by the account of a group tenant, which was answered 403.
func probes(own Own, f Foreign) []Attack {
	l := list{who: realm}
	const none = "00000000-0000-0000-0000-000000000000"
	for _, p := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPut, "", object{"realm": "a/b"}},
		{http.MethodPut, "/users/profile", object{"attributes": []object{{"name": ""}}}},
		{http.MethodPost, "/clients", object{"clientId": management}},
		{http.MethodPut, "/roles/offline_access", object{"name": ""}},
		{http.MethodPost, "/roles/offline_access/composites", bogus},
		{http.MethodPost, "/groups", object{"name": ""}},
		{http.MethodPost, "/groups", object{"id": none, "name": "moved"}},
		{http.MethodPut, "/default-groups/" + none, nil},
		{http.MethodPost, "/users", object{"username": ""}},
		{http.MethodPost, "/organizations", object{}},
		{http.MethodPost, "/client-scopes", object{"name": "basic"}},
		{http.MethodPost, "/identity-provider/instances", object{"alias": "a/b", "providerId": "oidc"}},
		{http.MethodPost, "/components", object{"providerId": "none", "providerType": "none"}},
		{http.MethodPost, "/authentication/flows", object{"alias": ""}},
		{http.MethodPut, "/events/config", object{"eventsListeners": []string{"none"}}},
		{http.MethodPost, "/clients-initial-access", object{"count": -1}},
		{http.MethodDelete, "/sessions/" + none, nil},
		{http.MethodPost, "/partialImport", object{}},
	} {
		l.probe(Admin, p.method, p.path, p.body)
	}
	if f.Role.Name != "" {
		l.probe(Admin, http.MethodPost, "/roles", object{"name": f.Role.Name}) // Keycloak 26.7.3 creates a role named ""
	}
	l.probe(SCIM, http.MethodPost, "/Users", object{})
	l.probe(SCIM, http.MethodPost, "/Groups", object{})
	l.who = "the tenant's own group"
	l.probe(Admin, http.MethodPut, "/groups"+segment(own.Group), object{"name": ""})
	l.probe(Admin, http.MethodPost, "/groups"+segment(own.Group)+"/children", object{"name": ""})
	l.probe(Admin, http.MethodPost, "/groups"+segment(own.Group)+"/role-mappings/realm", bogus)
	l.probe(SCIM, http.MethodPatch, "/Groups"+segment(own.Group), patch())
	l.who = "the tenant's own user"
	l.probe(Admin, http.MethodPost, "/users"+segment(own.User)+"/impersonation", nil)
	l.probe(Admin, http.MethodPost, "/users"+segment(own.User)+"/role-mappings/realm", bogus)
	return append(l.all, accountProbes(f)...)
}

func accountProbes(f Foreign) []Attack {
	l := list{who: account}
	if f.Client != "" {
		path := "/clients" + segment(f.Client)
		l.probe(Admin, http.MethodPut, path, object{"clientId": management})
		l.probe(Admin, http.MethodPost, path+"/protocol-mappers/models", object{"name": "none"})
		l.probe(Admin, http.MethodPost, path+"/scope-mappings/realm", bogus)
		l.probe(Admin, http.MethodPut, path+"/default-client-scopes/none", nil)
	}
	if f.Account != "" {
		path := "/users" + segment(f.Account)
		l.probe(Admin, http.MethodPut, path, object{"email": "x"})
		l.probe(Admin, http.MethodPut, path+"/reset-password", object{"type": "password", "value": ""})
		l.probe(Admin, http.MethodPost, path+"/role-mappings/realm", bogus)
	}
	if f.Permissions != "" {
		path := "/clients" + segment(f.Permissions) + "/authz/resource-server"
		l.add(Admin, http.MethodGet, path+"/policy", nil)
		l.add(Admin, http.MethodGet, path+"/permission", nil)
		l.probe(Admin, http.MethodPost, path+"/permission/scope", object{})
	}
	return l.all
}
