package main

import (
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"keycloak-scim-proxy/adapters"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/doctorcmd"
)

// mending returns what makes a mistake in the realm, and mends it.
func (p *practice) mending(make, mend func()) func() func() {
	return func() func() { make(); return mend }
}

func (p *practice) put(path, body string) func() {
	return func() {
		p.t.Helper()
		if a := p.realm.Admin("PUT", path, body); a.Status > 299 {
			p.t.Fatalf("PUT %s: %d %s", path, a.Status, a.Body)
		}
	}
}

// A realm with a tenant of the whole realm: nothing is wrong with it, until a mistake is made.
func TestDoctorTenant(t *testing.T) {
	p := newPractice(t)
	for _, args := range [][]string{nil, p.admin, {"--tenant", "acme"}} {
		r, code := examine(t, root(), append([]string{"doctor", "--config", p.write(nil, nil)}, args...)...)
		if code != 0 || r.Problems != 0 {
			t.Errorf("%q: exit code %d\n%s", args, code, r.Text())
		}
	}
	p.clock(t)
	p.sample(t)
	p.mistakes()
}

// mistakes are those in a realm, and with the accounts of tenants.
func (p *practice) mistakes() {
	realm := p.realm
	client := "/clients/" + gjson.GetBytes(realm.Admin("GET", "/clients?clientId=scim-acme", "").Body, "0.id").String()
	mapper := gjson.GetBytes(realm.Admin("GET", client, "").Body, "protocolMappers.0")
	profile := string(realm.Admin("GET", "/users/profile", "").Body)
	grown := strings.Replace(profile, `"attributes":[`, `"attributes":[{"name":"costCode","required":{},"annotations":{},"permissions":{"view":["admin"],"edit":["admin","user"]}},`, 1)
	account := "/users/" + gjson.GetBytes(realm.Admin("GET", client+"/service-account-user", "").Body, "id").String()
	roles := account + "/role-mappings/clients/" + gjson.GetBytes(realm.Admin("GET", "/clients?clientId=realm-management", "").Body, "0.id").String()
	held := string(realm.Admin("GET", roles, "").Body)
	admins := realm.Made(realm.Admin("POST", "/groups", `{"name":"admins"}`))
	acme := func(more string) map[string]string {
		return map[string]string{"acme": tenant("acme", realm.Name, "scim-acme", "acme.secret", more)}
	}
	old := p.file("tenants.d/old.secret", "wrong")
	p.examineAll([]mistake{
		{name: "no such realm", tenants: map[string]string{"acme": tenant("acme", "nowhere", "scim-acme", "acme.secret", "")},
			find: "tenant acme token problem", text: `realm "nowhere" does not exist`, remedy: "correct realm in the tenant's file", code: 1},
		{name: "disabled realm", make: p.mending(p.put("", `{"enabled":false}`), p.put("", `{"enabled":true}`)),
			find: "tenant acme token problem", text: "or is disabled", remedy: "enable the realm in Keycloak", code: 1},
		{name: "SCIM API off", make: p.mending(p.put("", `{"scimApiEnabled":false}`), p.put("", `{"scimApiEnabled":true}`)),
			find: "tenant acme switch problem", text: "is switched off", remedy: "switch it on in the realm", code: 1},
		{name: "SCIM API off, as an administrator sees it", make: p.mending(p.put("", `{"scimApiEnabled":false}`), p.put("", `{"scimApiEnabled":true}`)), args: p.admin,
			find: "realm " + realm.Name + " settings problem", text: "the SCIM API of the realm is off", remedy: "Realm settings, General", code: 1},
		{name: "wrong secret", tenants: map[string]string{"acme": tenant("acme", realm.Name, "scim-acme", old, "")},
			find: "tenant acme token problem", text: "is refused, or cannot be read", remedy: "copy the secret from the tab Credentials", code: 1},
		{name: "no such client", tenants: map[string]string{"acme": tenant("acme", realm.Name, "scim-acne", "acme.secret", "")},
			find: "tenant acme token problem", text: `client "scim-acne"`, remedy: "correct serviceAccount.clientID", code: 1},
		{name: "no audience", make: func() func() {
			realm.Admin("DELETE", client+"/protocol-mappers/models/"+mapper.Get("id").String(), "")
			return func() { realm.Admin("POST", client+"/protocol-mappers/models", mapper.Raw) }
		}, find: "tenant acme audience problem", text: "do not have the audience " + realm.Server.URL, remedy: "add a mapper of the type Audience", code: 1},
		{name: "no role", make: func() func() {
			realm.Admin("DELETE", roles, held)
			return func() { realm.Admin("POST", roles, held) }
		}, find: "tenant acme role problem", text: "may not manage users", remedy: "give it the role manage-users", code: 1},
		{name: "too many roles", make: func() func() { return realm.Grant("scim-acme", "view-clients") },
			find: "tenant acme rights problem", text: "see clients", remedy: "take the roles and permissions that allow it away", code: 1},
		{name: "an attribute that SCIM cannot set", make: p.mending(p.put("/users/profile", grown), p.put("/users/profile", profile)),
			find: "tenant acme profile problem", text: "it requires costCode", remedy: "make them optional", code: 1},
		{name: "full scope", make: p.mending(p.put(client, `{"fullScopeAllowed":true}`), p.put(client, `{"fullScopeAllowed":false}`)), args: p.admin,
			find: "tenant acme client warning", text: "the client has the full scope", remedy: "switch Full scope allowed off"},
		{name: "an old secret", make: p.mending(p.put(client, `{"attributes":{"client.secret.creation.time":"1600000000"}}`), p.put(client, `{"attributes":{"client.secret.creation.time":"1790000000"}}`)), args: p.admin,
			find: "tenant acme secret-age warning", text: "days old", remedy: "make a new one"},
		{name: "renames are off", make: p.mending(p.put("", `{"editUsernameAllowed":false}`), p.put("", `{"editUsernameAllowed":true}`)), args: p.admin,
			find: "realm " + realm.Name + " edit-username warning", text: `"Edit username" is off`, remedy: `switch "Edit username" on`},
		{name: "a release with an advisory", args: p.admin, find: "keycloak release warning", text: "CVE-2026-94000, keycloak/keycloak#53060", remedy: "update Keycloak to 26.8.1"},
		{name: "administrators in the realm", make: func() func() { realm.MapAdmin(admins); return nil }, args: p.admin,
			find: "realm " + realm.Name + " administrators warning", text: "/admins have the administrator's role", remedy: "no group have an administrator's role"},
		{name: "the administrator's password is wrong", args: []string{"--admin-user", "admin", "--admin-password-file", old},
			find: "keycloak administrator problem", text: "Invalid user credentials", remedy: "correct --admin-user", code: 1},
		{name: "an account of the identity provider with two users", make: func() func() {
			p.realm.Admin("POST", "/identity-provider/instances", `{"alias":"corp","providerId":"oidc","config":{"clientId":"x","authorizationUrl":"https://idp.example/a","tokenUrl":"https://idp.example/t"}}`)
			for _, name := range []string{"ada", "bob"} {
				p.realm.Admin("POST", "/users/"+realm.NewUser(name)+"/federated-identity/corp", `{"userId":"1","userName":"1"}`)
			}
			return nil
		}, tenants: acme("ssoLink: {idp: corp}\ntokens: [" + token("") + "]\n"), args: p.admin, find: "tenant acme links problem", text: "linked to the users ada, bob", remedy: "remove the link", code: 1},
		{name: "no administrator", find: "keycloak release skipped", text: "give --admin-user or --admin-password-file"},
		{name: "no token", tenants: acme(""), find: "tenant acme tokens problem", text: "the tenant has no token", remedy: "scim-proxy tenant token acme", code: 1},
		{name: "an expired token", tenants: acme("tokens: [" + token(", expires: 2025-01-01") + "]\n"),
			find: "tenant acme tokens problem", text: "every token has expired or is revoked: k1", remedy: "scim-proxy tenant token acme", code: 1},
		{name: "a token that will expire", tenants: acme("tokens: [" + token(", expires: "+time.Now().Add(10*24*time.Hour+time.Hour).UTC().Format(time.RFC3339)) + "]\n"),
			find: "tenant acme tokens warning", text: "in 10 days", remedy: "scim-proxy tenant rotate"},
		{name: "another tenant is wrong", tenants: map[string]string{"beta": "tenant: beta\nrelm: x\n"},
			find: "tenant beta file problem", text: "relm: unknown key", remedy: "scim-proxy config schema tenant", code: 2},
		{name: "the others are examined nevertheless", tenants: map[string]string{"beta": "tenant: beta\nrelm: x\n"}, find: "tenant acme role ok", code: 2},
	})
}

// A group of administrators lets a tenant of one group make its users administrators.
func TestDoctorGroupTenant(t *testing.T) {
	p := newPractice(t)
	g := p.realm.NewGroupTenant("globex", 3, false)
	p.file("tenants.d/globex.secret", g.Secret)
	p.tenants = map[string]string{"globex": tenant("globex", p.realm.Name, g.ClientID, "globex.secret", "group: "+g.Path[1:]+"\ntokens: ["+token("")+"]\n")}
	admins := p.realm.Made(p.realm.Admin("POST", "/groups", `{"name":"admins"}`))
	p.examineAll([]mistake{
		{name: "nothing", args: p.admin, find: "tenant globex rights ok"},
		{name: "another group", tenants: map[string]string{"globex": tenant("globex", p.realm.Name, g.ClientID, "globex.secret", "group: other\n")},
			find: "tenant globex role problem", text: "cannot work in the group of its tenant", remedy: "correct group in the tenant's file", code: 1},
		{name: "administrators", make: func() func() { p.realm.MapAdmin(admins); return nil }, args: p.admin,
			find: "realm " + p.realm.Name + " administrators problem", text: "/admins have the administrator's role", remedy: "take the role from the groups", code: 1},
	})
}

// clock moves the clock of this machine.
func (p *practice) clock(t *testing.T) {
	t.Helper()
	for _, row := range []struct {
		ahead time.Duration
		m     mistake
	}{
		{0, mistake{find: "keycloak clock ok", text: "less than 8s"}},
		{time.Minute, mistake{find: "keycloak clock warning", text: "differ by about", remedy: "by NTP"}},
		{-time.Minute, mistake{find: "keycloak clock warning", text: "differ by about", remedy: "by NTP"}},
	} {
		c := doctorcmd.Command(adapters.Known, func() time.Time { return time.Now().Add(row.ahead) }, nil)
		r, code := examine(t, c, "--config", p.write(nil, nil))
		expect(t, row.m, r, code)
	}
}
