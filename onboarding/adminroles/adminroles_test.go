package adminroles_test

import (
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/adminroles"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

func TestRisks(t *testing.T) {
	r := kctest.NewRealm(t)
	a, err := onboarding.Login(t.Context(), r.Server.URL, onboarding.Administrator{User: r.Server.AdminUser, Password: r.Server.AdminPassword}, nil)
	if err != nil {
		t.Fatal(err)
	}
	risks := func() []string {
		t.Helper()
		all, err := adminroles.Risks(t.Context(), a, r.Name)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	ask := func(method, path, body string) kctest.Reply {
		t.Helper()
		reply := r.Admin(method, path, body)
		if reply.Status >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, reply.Status, reply.Body)
		}
		return reply
	}
	management := string(ask("GET", "/clients?clientId=realm-management", "").Body)
	_, management, _ = strings.Cut(management, `"id":"`)
	management, _, _ = strings.Cut(management, `"`)
	clientRole := func(name string) (path, body string) {
		t.Helper()
		return "/clients/" + management, "[" + string(ask("GET", "/clients/"+management+"/roles/"+name, "").Body) + "]"
	}
	r.ServiceAccount("scim", "manage-users")
	r.ServiceAccount("operator", "realm-admin")
	harmless := r.Made(ask("POST", "/groups", `{"name":"readers"}`))
	path, body := clientRole("view-users")
	ask("POST", "/groups/"+harmless+"/role-mappings"+path, body)
	ask("POST", "/groups/"+harmless+"/role-mappings/realm", "["+string(ask("GET", "/roles/offline_access", "").Body)+"]")
	if all := risks(); len(all) > 0 {
		t.Fatalf("a realm without administrators: %q", all)
	}

	// A role of the realm that includes a role of an application that includes realm-admin.
	_, admin := clientRole("realm-admin")
	app := "/clients/" + r.Made(ask("POST", "/clients", `{"clientId":"app"}`)) + "/roles"
	ask("POST", app, `{"name":"super user"}`)
	ask("POST", app+"/super%20user/composites", admin)
	ask("POST", "/roles", `{"name":"chief"}`)
	ask("POST", "/roles/chief/composites", "["+string(ask("GET", app+"/super%20user", "").Body)+"]")

	group := func(path, name string) string { return r.Made(ask("POST", path, `{"name":"`+name+`"}`)) }
	path, body = clientRole("manage-clients")
	ask("POST", "/groups/"+group("/groups/"+group("/groups", "staff")+"/children", "web")+"/role-mappings"+path, body)
	ask("POST", "/groups/"+group("/groups", "chiefs")+"/role-mappings/realm", "["+string(ask("GET", "/roles/chief", "").Body)+"]")
	ask("POST", "/roles", `{"name":"admin"}`)
	ask("POST", "/groups/"+group("/groups", "admins")+"/role-mappings/realm", "["+string(ask("GET", "/roles/admin", "").Body)+"]")
	r.MakeAdmin(r.NewUser("boss"))
	got := risks()
	for _, want := range []string{
		"the groups /staff/web have the administrator's role realm-management/manage-clients",
		"the groups /chiefs have the administrator's role chief",
		"the groups /admins have the administrator's role admin",
		"the users boss have the administrator's role realm-management/realm-admin",
	} {
		if !slices.ContainsFunc(got, func(risk string) bool { return strings.Contains(risk, want) }) {
			t.Errorf("nothing says: %s", want)
		}
	}
	if len(got) != 4 {
		t.Errorf("%d risks: %s", len(got), strings.Join(got, "\n"))
	}
}
