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
