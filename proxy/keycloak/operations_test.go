package keycloak_test

import (
	"fmt"
	"testing"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/test/kctest"
	"keycloak-scim-proxy/test/shim"
)

// A user with more attributes than one PATCH may have operations is changed by several. If a later
// one is refused, nothing is changed.
func TestMoreOperationsThanAPatchMayHave(t *testing.T) {
	const urn, n = "urn:example:1:User", 120
	r := kctest.NewRealm(t)
	var mapped []string
	for i := range n {
		required := ""
		if i == n-1 { // which binds the last operation of a removal of all
			required = `"required":{"roles":["user"]},`
		}
		mapped = append(mapped, fmt.Sprintf(`{"name":"a%03[1]d",%s"annotations":{"kc.scim.schema.attribute":"%s:a%03[1]d"},"permissions":{"view":["admin"],"edit":["admin"]}}`, i, required, urn))
	}
	r.Map(mapped...)
	d, _, _ := openIn(t, r, shim.All()...)
	all := func(value string) func(scim.Resource) (scim.Resource, error) {
		return func(u scim.Resource) (scim.Resource, error) {
			for i := range n {
				u = u.Set(scim.MustPath(fmt.Sprintf("%s:a%03d", urn, i)), value)
			}
			return u, nil
		}
	}
	asked, _ := all(`"x"`)(directorytest.Sample(1)) // it does not fail
	made, err := d.Create(t.Context(), scim.User, asked)
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	after, err := d.Update(t.Context(), ref, all(`"y"`))
	if err != nil || after.Get(scim.MustPath(urn+":a000")) != `"y"` || after.Get(scim.MustPath(urn+":a119")) != `"y"` {
		t.Errorf("%v %s", err, after)
	}
	if _, err := d.Update(t.Context(), ref, all("")); scim.Status(err) != 400 {
		t.Errorf("the last operation is not refused: %v", err)
	}
	now, err := d.Get(t.Context(), ref, directory.Fields{})
	if err != nil || !document.Same(now.Without("meta").String(), after.Without("meta").String()) {
		t.Errorf("something of the refused change stays: %v\n%s\n%s", err, after, now)
	}
}

// A create is read back as long as Keycloak's answer may only repeat the request. If it was seen to
// be the stored resource, as it is expected from 26.8 on, the next creates cost one call, and the
// answer is what a GET shows.
func TestCreatesAreReadBack(t *testing.T) {
	for _, row := range []struct {
		name  string
		rules []shim.Rule
		calls []int64
	}{
		{"26.7.3", nil, []int64{2, 2, 2}},
		{"26.8", shim.All(), []int64{2, 2, 1}},
	} {
		d, wire, _ := open(t, row.rules...)
		for i, name := range []string{"ada", "Grace", "Joan"} {
			before := wire.calls.Load()
			made, err := d.Create(t.Context(), scim.User, directorytest.Sample(i).With("userName", document.Quote(name)))
			if err != nil {
				t.Fatal(err)
			}
			if n := wire.calls.Load() - before; n != row.calls[i] {
				t.Errorf("%s: create %d takes %d calls, want %d", row.name, i, n, row.calls[i])
			}
			shown, err := d.Get(t.Context(), scim.Ref{Type: scim.User, ID: made.ID()}, directory.Fields{})
			if err != nil || !document.Same(made.String(), shown.String()) {
				t.Errorf("%s: %v\ncreate %s\nGET    %s", row.name, err, made, shown)
			}
		}
	}
}
