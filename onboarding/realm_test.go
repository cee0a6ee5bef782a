package onboarding

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestRisks(t *testing.T) {
	s := newSite(t)
	risks := func() []string {
		t.Helper()
		r, err := s.Risks(t.Context(), s.Name)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	s.ensure("scim")
	s.earlier("earlier")
	s.Realm.ServiceAccount("operator", "realm-admin")
	harmless := s.id(s.ask("POST", "/groups", `{"name":"readers"}`))
	path, body := s.clientRole("view-users")
	s.ask("POST", "/groups/"+harmless+"/role-mappings"+path, body)
	s.ask("POST", "/groups/"+harmless+"/role-mappings/realm", "["+string(s.ask("GET", "/roles/offline_access", "").Body)+"]")
	if r := risks(); len(r) > 0 {
		t.Fatalf("a realm without administrators: %q", r)
	}

	// A role of the realm that includes a role of an application that includes realm-admin.
	_, admin := s.clientRole("realm-admin")
	app := "/clients/" + s.id(s.ask("POST", "/clients", `{"clientId":"app"}`)) + "/roles"
	s.ask("POST", app, `{"name":"super user"}`)
	s.ask("POST", app+"/super%20user/composites", admin)
	s.ask("POST", "/roles", `{"name":"chief"}`)
	s.ask("POST", "/roles/chief/composites", "["+string(s.ask("GET", app+"/super%20user", "").Body)+"]")

	group := func(path, name string) string { return s.id(s.ask("POST", path, `{"name":"`+name+`"}`)) }
	path, body = s.clientRole("manage-clients")
	s.ask("POST", "/groups/"+group("/groups/"+group("/groups", "staff")+"/children", "web")+"/role-mappings"+path, body)
	s.ask("POST", "/groups/"+group("/groups", "chiefs")+"/role-mappings/realm", "["+string(s.ask("GET", "/roles/chief", "").Body)+"]")
	s.ask("POST", "/roles", `{"name":"admin"}`)
	s.ask("POST", "/groups/"+group("/groups", "admins")+"/role-mappings/realm", "["+string(s.ask("GET", "/roles/admin", "").Body)+"]")
	s.give(s.id(s.ask("POST", "/users", `{"username":"boss"}`)), "realm-admin")
	got := risks()
	for _, want := range []string{
		"the groups /staff/web have the administrator's role realm-management/manage-clients",
		"the groups /chiefs have the administrator's role chief",
		"the groups /admins have the administrator's role admin",
		"the users boss have the administrator's role realm-management/realm-admin",
	} {
		if !slices.ContainsFunc(got, func(r string) bool { return strings.Contains(r, want) }) {
			t.Errorf("nothing says: %s", want)
		}
	}
	if len(got) != 4 {
		t.Errorf("%d risks: %s", len(got), strings.Join(got, "\n"))
	}
}

func TestManyHoldersAreCut(t *testing.T) {
	if got := some([]string{"a", "b", "c", "d", "e", "f"}); got != "a, b, c, d, e and others" {
		t.Error(got)
	}
}

func TestEnableSCIM(t *testing.T) {
	s := newSite(t)
	s.ask("PUT", "", `{"scimApiEnabled":false}`)
	if err := s.EnableSCIM(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
	if r, exists, err := s.Admin.Realm(t.Context(), s.Name); err != nil || !exists || !r.SCIM {
		t.Errorf("%+v %t %v", r, exists, err)
	}
	if _, exists, err := s.Admin.Realm(t.Context(), s.Name+"x"); err != nil || exists {
		t.Errorf("a realm that is not there: %t %v", exists, err)
	}
}

// A Keycloak without the feature answers 204 to scimApiEnabled and does not store it.
func TestEnableSCIMIsReadBack(t *testing.T) {
	s := newSite(t)
	s.ask("PUT", "", `{"scimApiEnabled":false}`)
	target, err := url.Parse(s.Server.URL)
	if err != nil {
		t.Fatal(err)
	}
	without := httputil.NewSingleHostReverseProxy(target)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			b = bytes.ReplaceAll(b, []byte(`"scimApiEnabled":true`), nil)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		}
		without.ServeHTTP(w, r)
	}))
	defer srv.Close()
	a, err := Login(t.Context(), srv.URL, Administrator{User: s.Server.AdminUser, Password: s.Server.AdminPassword}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.EnableSCIM(t.Context(), s.Name); !errors.Is(err, errNoSCIM) {
		t.Errorf("%v", err)
	}
}

// A realm that is made lets users be renamed; of one that exists the switch is only told.
func TestEditUsername(t *testing.T) {
	s := newSite(t)
	s.ask("PUT", "", `{"editUsernameAllowed":false}`)
	r, _, err := s.Admin.Realm(t.Context(), s.Name)
	if limits := r.Limits(); err != nil || len(limits) != 1 || !strings.Contains(limits[0], `"Edit username"`) {
		t.Errorf("%v %q", err, limits)
	}
	made := s.Name + "made"
	if err := s.CreateRealm(t.Context(), made, nil); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.DeleteRealm(t.Context(), made) }()
	if r, _, err := s.Admin.Realm(t.Context(), made); err != nil || len(r.Limits()) > 0 {
		t.Errorf("%v %q", err, r.Limits())
	}
}
