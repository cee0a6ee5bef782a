package confined_test

import (
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
)

// In a realm that uses the e-mail address as userName, a write with another userName is a fault and
// leaves nothing behind. With the address as userName, everything works.
func TestEmailAsUsername(t *testing.T) {
	r := kctest.NewRealm(t)
	d := tenantOf(t, r, r.NewGroupTenant("acme", 0, true))
	r.Admin("PUT", "", `{"registrationEmailAsUsername":true}`)
	whole := r.Token("whole", r.ServiceAccount("whole", "manage-users"))
	mail := func(address string) string { return `[{"value":` + document.Quote(address) + `}]` }
	refused := func(what string, err error) {
		t.Helper()
		if f, broken := fault.In(err); !broken || f.Cause != fault.Address || strings.Contains(err.Error(), "left") {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := d.Create(t.Context(), scim.User, directorytest.Sample(1))
	refused("create", err)
	if left := string(r.Admin("GET", "/users", "").Body); left != "[]" {
		t.Errorf("left: %s", left)
	}
	made := create(t, d, scim.User, directorytest.Sample(1).With("userName", `"Sample1@example.com"`))
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	update := func(set func(scim.Resource) scim.Resource) error {
		_, err := d.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return set(r), nil })
		return err
	}
	for what, set := range map[string]func(scim.Resource) scim.Resource{
		"rename":  func(r scim.Resource) scim.Resource { return r.With("userName", `"other"`) },
		"address": func(r scim.Resource) scim.Resource { return r.With("emails", mail("new@example.com")) },
		"both": func(r scim.Resource) scim.Resource {
			return r.With("userName", `"other"`).With("emails", mail("new@example.com"))
		},
	} {
		refused(what, update(set))
		shown, err := d.Get(t.Context(), ref, directory.Fields{})
		if err != nil || !document.Same(shown.Without("meta").String(), made.Without("meta").String()) {
			t.Errorf("%s: %v, is %s\nwas %s", what, err, shown, made)
		}
		if n := string(r.SCIM(whole, "GET", "/Users?filter=userName+eq+%22sample1%40example.com%22", "").Body); !strings.Contains(n, ref.ID) {
			t.Errorf("%s: Keycloak stores another name: %s", what, n)
		}
	}
	if err := update(func(r scim.Resource) scim.Resource {
		return r.With("userName", `"new@example.com"`).With("emails", mail("New@example.com")).With("active", "false")
	}); err != nil {
		t.Error(err)
	}
}
