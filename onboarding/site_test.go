package onboarding

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"keycloak-scim-proxy/proxy/tokens/claims"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// site is a fresh realm with an administrator's session.
type site struct {
	*kctest.Realm
	*Admin
	t *testing.T
}

func newSite(t *testing.T) *site {
	t.Helper()
	r := kctest.NewRealm(t)
	a, err := Login(t.Context(), r.Server.URL, Administrator{User: r.Server.AdminUser, Password: r.Server.AdminPassword}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &site{r, a, t}
}

func (s *site) ensure(clientID string) string {
	s.t.Helper()
	made, err := s.EnsureAccount(s.t.Context(), Account{Realm: s.Name, ClientID: clientID, Kind: WholeRealm})
	if err != nil {
		s.t.Fatal(err)
	}
	return made.Secret
}

// ask sends a request with all rights to the Admin REST API of the realm. It must succeed.
func (s *site) ask(method, path, body string) kctest.Reply {
	s.t.Helper()
	r := s.Realm.Admin(method, path, body)
	if r.Status >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, r.Status, r.Body)
	}
	return r
}

// id of the resource that a POST created, or of the first one in a list.
func (s *site) id(r kctest.Reply) string {
	s.t.Helper()
	if at := r.Header.Get("Location"); at != "" {
		return at[strings.LastIndex(at, "/")+1:]
	}
	var list []struct{ ID string }
	if err := json.Unmarshal(r.Body, &list); err != nil || len(list) == 0 {
		s.t.Fatalf("%v: %s", err, r.Body)
	}
	return list[0].ID
}

func (s *site) clientID(name string) string {
	s.t.Helper()
	return s.id(s.ask("GET", "/clients?clientId="+name, ""))
}

// clientRole is a role of realm-management as a body for mappings, and the path of that client.
func (s *site) clientRole(name string) (path, body string) {
	s.t.Helper()
	path = "/clients/" + s.clientID("realm-management")
	return path, "[" + string(s.ask("GET", path+"/roles/"+name, "").Body) + "]"
}

// scope returns the id of a client scope.
func (s *site) scope(name string) string {
	s.t.Helper()
	var list []struct{ ID, Name string }
	if err := json.Unmarshal(s.ask("GET", "/client-scopes", "").Body, &list); err != nil {
		s.t.Fatal(err)
	}
	for _, e := range list {
		if e.Name == name {
			return e.ID
		}
	}
	s.t.Fatalf("no client scope %s", name)
	return ""
}

func (s *site) user(clientID string) string {
	s.t.Helper()
	var u struct{ ID string }
	if err := json.Unmarshal(s.ask("GET", "/clients/"+s.clientID(clientID)+"/service-account-user", "").Body, &u); err != nil {
		s.t.Fatal(err)
	}
	return u.ID
}

// give maps a role of realm-management to a user.
func (s *site) give(user, role string) {
	s.t.Helper()
	path, body := s.clientRole(role)
	s.ask("POST", "/users/"+user+"/role-mappings"+path, body)
}

// anyOrder ignores the order of client scopes, which Keycloak does not define.
var anyOrder = cmpopts.SortSlices(func(a, b any) bool { return fmt.Sprint(a) < fmt.Sprint(b) })

// state returns everything that Keycloak shows of a client and its service account.
func (s *site) state(clientID string) map[string]any {
	s.t.Helper()
	id := s.clientID(clientID)
	all := map[string]any{}
	paths := []string{"/clients/" + id, "/clients/" + id + "/scope-mappings"}
	if r := s.Realm.Admin("GET", "/clients/"+id+"/service-account-user", ""); r.Status == 200 {
		user := s.user(clientID)
		paths = append(paths, "/users/"+user+"/role-mappings", "/users/"+user+"/groups")
	}
	for _, path := range paths {
		var v any
		if err := json.Unmarshal(s.ask("GET", path, "").Body, &v); err != nil {
			s.t.Fatal(err)
		}
		all[path] = v
	}
	return all
}

func (s *site) audience() string { return s.Server.URL + "/realms/" + s.Name + "/scim/v2" }

// wantLean decodes a token of the account: it must have one audience and only the role
// manage-users.
func (s *site) wantLean(clientID, secret string) {
	s.t.Helper()
	c, err := decode(s.Token(clientID, secret))
	if err != nil {
		s.t.Fatal(err)
	}
	if !slices.Equal(c.Audience, claims.Audiences{s.audience()}) {
		s.t.Errorf("audience %q", c.Audience)
	}
	for client, r := range c.ResourceAccess {
		if client != realmManagement || !slices.Equal(r.Roles, []string{wholeRealmRole}) {
			s.t.Errorf("the token has roles of %s: %q", client, r.Roles)
		}
	}
	if len(c.RealmAccess.Roles) > 0 {
		s.t.Errorf("the token has realm roles %q", c.RealmAccess.Roles)
	}
}

// as sends a request to the Admin REST API with a token and returns the status.
func (s *site) as(token, method, path, body string) int {
	s.t.Helper()
	r := s.client.RestyClient().R().SetContext(s.t.Context()).SetAuthToken(token)
	if body != "" {
		r.SetHeader("Content-Type", "application/json").SetBody(body)
	}
	res, err := r.Execute(method, s.Server.URL+"/admin/realms/"+s.Name+path)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode()
}
