package democmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/test/kctest"
)

// state returns everything in a realm that the demo could change. Keycloak lists client scopes in
// any order.
func state(t *testing.T, r *kctest.Realm) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, path := range []string{"", "/clients", "/users", "/users/profile"} {
		var v any
		if err := json.Unmarshal(r.Admin("GET", path, "").Body, &v); err != nil {
			t.Fatal(err)
		}
		all[path] = v
	}
	return all
}

var anyOrder = cmpopts.SortSlices(func(a, b any) bool { return fmt.Sprint(a) < fmt.Sprint(b) })

func switchOff(t *testing.T, r *kctest.Realm) {
	t.Helper()
	if a := r.Admin("PUT", "", `{"scimApiEnabled":false}`); a.Status != 204 {
		t.Fatal(a.Status)
	}
}

func TestDemoAsksBeforeItChangesARealm(t *testing.T) {
	r := kctest.NewRealm(t)
	switchOff(t, r)
	before := state(t, r)
	for _, row := range []struct {
		name     string
		terminal bool
		answer   string
		env      bool // KEYCLOAK_URL names the server, not --keycloak
		usage    bool // the program exits with 2
	}{
		{"no terminal", false, "y\n", false, true},
		{"a server that the environment names", false, "y\n", true, true},
		{"no", true, "n\n", false, false},
		{"just return", true, "\n", false, false},
		{"nothing", true, "", false, false},
		{"something else", true, "why\n", false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := onForeign(t, r.Name)
			if row.env {
				t.Setenv("KEYCLOAK_URL", d.server.URL)
				t.Setenv("KEYCLOAK_ADMIN", d.server.AdminUser)
				t.Setenv("KEYCLOAK_ADMIN_PASSWORD", d.server.AdminPassword)
				d.keycloak = ""
			}
			d.terminal, d.in, d.optional = row.terminal, strings.NewReader(row.answer), true
			said, err := play(t, d, nothing)
			if err == nil || errors.As(err, new(cli.UsageError)) != row.usage {
				t.Errorf("%T: %v", err, err)
			}
			if !row.terminal {
				said = fmt.Sprint(err)
				if !strings.Contains(said, "--yes") {
					t.Errorf("--yes is not mentioned: %s", said)
				}
			}
			for _, want := range []string{d.server.URL, "switch its SCIM API on", demoAccount, demoDropIn, "user profile"} {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not told: %s", want, said)
				}
			}
			if d := cmp.Diff(before, state(t, r), anyOrder); d != "" {
				t.Errorf("the realm was changed: %s", d)
			}
		})
	}
}

func TestDemoChangesAConfirmedRealm(t *testing.T) {
	for _, row := range []struct {
		name string
		set  func(d *demo)
	}{
		{"y", func(d *demo) { d.terminal, d.in = true, strings.NewReader("Y\n") }},
		{"--yes", func(d *demo) { d.yes = true }},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := kctest.NewRealm(t)
			switchOff(t, r)
			if a := r.Admin("POST", "/users", `{"username":"resident"}`); a.Status != 201 {
				t.Fatal(a.Status)
			}
			d := onForeign(t, r.Name)
			row.set(d)
			if said, err := play(t, d, nothing); err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			if got := clients(t, r); !strings.Contains(got, demoAccount) || !strings.Contains(got, demoDropIn) {
				t.Errorf("clients: %s", got)
			}
			d.remove = true
			said, err := play(t, d, nothing)
			if err != nil {
				t.Fatal(err)
			}
			if got := clients(t, r); strings.Contains(got, demoAccount) || strings.Contains(got, demoDropIn) {
				t.Errorf("clients: %s", got)
			}
			if a := r.Admin("GET", "/users?username=resident", ""); !bytes.Contains(a.Body, []byte("resident")) {
				t.Errorf("the realm's own user is gone: %d %s", a.Status, a.Body)
			}
			for _, want := range []string{"removed client " + demoAccount, "removed client " + demoDropIn, "left realm " + r.Name, "SCIM API stays on"} {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not told: %s", want, said)
				}
			}
		})
	}
}

func clients(t *testing.T, r *kctest.Realm) string {
	t.Helper()
	var all []struct{ ClientID string }
	if err := json.Unmarshal(r.Admin("GET", "/clients", "").Body, &all); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(all)
}

// If a foreign client has the ID of one of the demo's clients, the demo changes nothing, and
// --remove removes nothing.
func TestDemoLeavesClientsOfOthers(t *testing.T) {
	r := kctest.NewRealm(t)
	switchOff(t, r)
	r.ServiceAccount(demoDropIn, "realm-admin")
	before := state(t, r)
	d := onForeign(t, r.Name)
	d.yes = true
	if _, err := play(t, d, nothing); err == nil || !strings.Contains(err.Error(), "realm-management/realm-admin") {
		t.Errorf("%v", err)
	}
	d.remove = true
	if said, err := play(t, d, nothing); err != nil || !strings.Contains(said, "client "+demoDropIn+": there is none that this program made") {
		t.Errorf("%v: %s", err, said)
	}
	if d := cmp.Diff(before, state(t, r), anyOrder); d != "" {
		t.Errorf("the realm was changed: %s", d)
	}
}

// withoutSCIM returns the URL of a proxy in front of the tests' Keycloak that drops
// scimApiEnabled, as a Keycloak without the feature does.
func withoutSCIM(t *testing.T) string {
	t.Helper()
	target, err := url.Parse(kctest.Server(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	keycloak := httputil.NewSingleHostReverseProxy(target)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		b = bytes.ReplaceAll(b, []byte(`"scimApiEnabled":true`), nil)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		keycloak.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestDemoLeavesNoRealmWithoutSCIM(t *testing.T) {
	d := onForeign(t, randomRealm())
	d.keycloak = withoutSCIM(t)
	if _, err := play(t, d, nothing); err == nil || !strings.Contains(err.Error(), "--features=scim-api") {
		t.Errorf("%v", err)
	}
	if _, exists, err := mustLogin(t, d).Realm(t.Context(), d.realm); err != nil || exists {
		t.Errorf("exists %t, %v", exists, err)
	}
}

// A realm whose users cannot be provisioned as it is: the demo says so and what to do, and serves.
func TestDemoWarnsOfWhatTheTenantNeeds(t *testing.T) {
	for name, row := range map[string]struct{ attribute, want string }{
		"no annotations": {`{"name":"costCode","permissions":{"view":["admin"],"edit":["admin"]}}`, "profile   FAILED"},
		"all is well":    {`{"name":"costCode","annotations":{},"permissions":{"view":["admin"],"edit":["admin"]}}`, ""},
	} {
		r := kctest.NewRealm(t)
		profile := string(r.Admin("GET", "/users/profile", "").Body)
		if a := r.Admin("PUT", "/users/profile", strings.Replace(profile, `"attributes":[`, `"attributes":[`+row.attribute+`,`, 1)); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		d := onForeign(t, r.Name)
		d.yes = true
		said, err := play(t, d, nothing)
		if warned := strings.Contains(said, "warning: a tenant"); err != nil || warned != (row.want != "") || !strings.Contains(said, row.want) {
			t.Errorf("%s: %v: %s", name, err, said)
		}
	}
}

func TestDemoWarnsOfAdministrators(t *testing.T) {
	r := kctest.NewRealm(t)
	if a := r.Admin("POST", "/roles", `{"name":"admin"}`); a.Status != 201 {
		t.Fatal(a.Status)
	}
	r.Admin("PUT", "", `{"editUsernameAllowed":false}`)
	group := r.Admin("POST", "/groups", `{"name":"admins"}`).Header.Get("Location")
	role := r.Admin("GET", "/roles/admin", "").Body
	if a := r.Admin("POST", "/groups/"+group[strings.LastIndex(group, "/")+1:]+"/role-mappings/realm", "["+string(role)+"]"); a.Status != 204 {
		t.Fatal(a.Status)
	}
	d := onForeign(t, r.Name)
	d.terminal, d.in = true, strings.NewReader("n\n")
	said, err := play(t, d, nothing)
	warned, asked := strings.Index(said, "warning: "), strings.Index(said, "Go on?")
	if err == nil || warned < 0 || asked < warned || !strings.Contains(said, "/admins") || !strings.Contains(said, "Edit username") {
		t.Errorf("%v: %s", err, said)
	}
}
