package confined_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/test/kctest"
)

// Users that are created are members of the organization, and leave it when they are deleted. A
// create that only began is completed, once or twice.
func TestOrganization(t *testing.T) {
	r := kctest.NewRealm(t)
	g := r.NewGroupTenant("acme", 1, true)
	d := tenantOf(t, r, g)
	members := func(want string) {
		t.Helper()
		if got := string(r.Admin("GET", "/organizations/"+g.Organization+"/members", "").Body); !strings.Contains(got, want) || want == "[]" && got != want {
			t.Errorf("members are %s, want %s", got, want)
		}
	}
	made := create(t, d, scim.User, directorytest.Sample(1))
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	members(ref.ID)
	if got, err := d.Get(t.Context(), ref, directory.Fields{}); err != nil || got.Raw("groups") != "" {
		t.Errorf("%v %s", err, got)
	}
	if _, err := d.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.With("active", "false"), nil }); err != nil {
		t.Error(err)
	}
	if err := d.Delete(t.Context(), ref); err != nil {
		t.Error(err)
	}
	members("[]")
	half := scim.Ref{Type: scim.User, ID: r.NewUser("half", g.Path)}
	for range 2 {
		if err := d.Complete(t.Context(), half); err != nil {
			t.Error(err)
		}
	}
	members(half.ID)
}

// A user that cannot become a member is refused, and nothing is left: the permission is missing,
// organizations are off, the organization is gone, or Keycloak does not answer.
func TestNoOrganization(t *testing.T) {
	r := kctest.NewRealm(t)
	g := r.NewGroupTenant("acme", 1, false)
	g.Organization = r.Made(r.Admin("POST", "/organizations", `{"name":"acme","domains":[{"name":"acme.test"}]}`))
	refused := func(what string, d *confined.Directory, cause fault.Cause, status int) {
		t.Helper()
		_, err := d.Create(t.Context(), scim.User, directorytest.Sample(1))
		if f, broken := fault.In(err); scim.Status(err) != status || broken != (cause != "") || broken && f.Cause != cause {
			t.Errorf("%s: %v", what, err)
		}
		if left := string(r.Admin("GET", "/users", "").Body); left != "[]" {
			t.Errorf("%s: left %s", what, left)
		}
		if err := d.Check(t.Context()); (err == nil) != (cause == "") {
			t.Errorf("%s: a check says %v", what, err)
		}
	}
	d := tenantOf(t, r, g)
	refused("no permission", d, fault.Organization, 500)
	undo := r.Permit(g, "sees", "Organizations", `"view"`, g.Organization)
	refused("a permission to view", d, fault.Organization, 500)
	undo()
	r.Permit(g, "organization", "Organizations", `"view","manage"`, g.Organization)
	if err := d.Check(t.Context()); err != nil {
		t.Error(err)
	}
	r.Admin("PUT", "", `{"organizationsEnabled":false}`)
	refused("organizations are off", d, fault.Organization, 500)
	r.Admin("PUT", "", `{"organizationsEnabled":true}`)
	refused("Keycloak fails", tenantOver(t, failing{}, r.Server.URL, r, g), "", 502)
	r.Admin("DELETE", "/organizations/"+g.Organization, "")
	refused("the organization is gone", d, fault.Organization, 500)
}

// failing answers 500 to a user that is to become a member, but not to the question whether that
// is permitted.
type failing struct{}

func (failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/members") && r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), "00000000-0000-0000") {
			return &http.Response{StatusCode: 500, Body: http.NoBody, Request: r, Header: http.Header{}}, nil
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	return http.DefaultTransport.RoundTrip(r)
}
