package confined_test

import (
	"errors"
	"slices"
	"testing"

	"keycloak-scim-proxy/proxy/keycloak/confined"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// identities are those of a tenant, each as text.
func identities(t *testing.T, d *confined.Directory) (all []string) {
	t.Helper()
	err := d.Identities(t.Context(), func(kind scim.ResourceType, r scim.Resource) error {
		text := string(kind)
		for _, path := range []string{"userName", "displayName", "emails", "externalId"} {
			if raw := r.Get(scim.MustPath(path)); raw != "" {
				text += " " + raw
			}
		}
		all = append(all, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// A walk over the identities sees the tenant's users and groups, with what Keycloak holds of them.
func TestIdentities(t *testing.T) {
	w := newTwo(t)
	g := create(t, w.a, scim.Group, document.Must(`{"displayName":"Engineering","externalId":"e"}`))
	w.realm.NewUser("hand", w.acme.Path)
	want := []string{`Group "Engineering" "e"`, `User "hand" [{"value":"hand@example.com"}]`, `User "sample1" [{"value":"sample1@example.com"}]`}
	if got := identities(t, w.a); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	before := w.a.IdentityKey()
	w.realm.Map(`{"name":"ext","multivalued":false,"permissions":{"view":["admin"],"edit":["admin"]},"annotations":{"kc.scim.schema.attribute":"externalId"}}`)
	d := tenantOf(t, w.realm, w.acme)
	ref := scim.Ref{Type: scim.User, ID: w.userA.ID()}
	if _, err := d.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.With("externalId", `"E-1"`), nil }); err != nil {
		t.Fatal(err)
	}
	want[2] += ` "E-1"`
	if got := identities(t, d); !slices.Equal(got, want) || d.IdentityKey() == before {
		t.Errorf("%q\nwant %q", got, want)
	}
	if err := d.Delete(t.Context(), scim.Ref{Type: scim.Group, ID: g.ID()}); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	if err := d.Identities(t.Context(), func(scim.ResourceType, scim.Resource) error { return refused }); err != refused { //nolint:errorlint // unchanged
		t.Errorf("the error of visit became %v", err)
	}
}
