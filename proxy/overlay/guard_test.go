package overlay_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/scimtest"
)

// unproven answers 404 to every delete without a proof, as Keycloak does to a caller who has no role.
type unproven struct{ *scimtest.Memory }

func (unproven) Delete(_ context.Context, ref scim.Ref) error { return scim.NotFound(ref) }

// A 404 takes a record away only if it is proven, and only for a record of the type that the request names.
func TestRecordSurvivesAForeign404(t *testing.T) {
	h := build(t, scimtest.KeycloakAble())
	made, err := h.Create(t.Context(), scim.User, scim.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	user := scim.Ref{Type: scim.User, ID: made.ID()}
	delete := func(what string, below scim.Directory, ref scim.Ref) {
		t.Helper()
		h.Directory.Directory = below
		if err := h.Delete(t.Context(), ref); scim.AsError(err).Status != 404 {
			t.Errorf("%s: %v", what, err)
		}
		h.Directory.Directory = h.keycloak
		if ids := h.ids(t); !slices.Equal(ids, []string{user.ID}) {
			t.Errorf("%s: the record is gone: %v", what, ids)
		}
	}
	delete("another type", h.keycloak, scim.Ref{Type: scim.Group, ID: user.ID})
	delete("no proof", unproven{h.keycloak}, user)
	for _, id := range []string{"cursors", "key.cursors", "pending.User.x", "../x", ""} {
		delete(id, h.keycloak, scim.Ref{Type: scim.User, ID: id})
	}
}

// What is larger than the limit is refused before Keycloak is asked, in every shape, and leaves nothing behind.
func TestKeptLimit(t *testing.T) {
	var addresses []string
	for i := range 1100 {
		addresses = append(addresses, fmt.Sprintf(`{"value":"a%d@x.test"}`, i))
	}
	for what, row := range map[string]struct {
		change func(scim.Resource) scim.Resource
		status int
	}{
		"a long text": {func(r scim.Resource) scim.Resource {
			return r.With("title", scim.Quote(strings.Repeat("x", keptLimit)))
		}, 413},
		"quotes, which grow when they are escaped": {func(r scim.Resource) scim.Resource {
			return r.With("title", scim.Quote(strings.Repeat(`"`, keptLimit/3)))
		}, 413},
		"an extension": {func(r scim.Resource) scim.Resource {
			return r.With("urn:x:User", `{"a":`+scim.Quote(strings.Repeat("x", keptLimit))+`}`)
		}, 413},
		"more addresses than an index holds": {func(r scim.Resource) scim.Resource { return r.With("emails", scim.Array(addresses)) }, 400},
	} {
		h := build(t, scimtest.KeycloakAble())
		if _, err := h.Create(t.Context(), scim.User, row.change(scim.Must(entra))); scim.AsError(err).Status != row.status || scim.AsError(err).RetryAfter != 0 {
			t.Errorf("%s: create: %v", what, err)
		}
		if n := h.keycloak.Calls(); n != 0 {
			t.Errorf("%s: %d calls to Keycloak", what, n)
		}
		made, err := h.Create(t.Context(), scim.User, scim.Must(entra))
		if err != nil {
			t.Fatal(err)
		}
		ref := scim.Ref{Type: scim.User, ID: made.ID()}
		edit := func(r scim.Resource) (scim.Resource, error) {
			return row.change(r).With("name", `{"givenName":"Other"}`), nil
		}
		if _, err := h.Update(t.Context(), ref, edit); scim.AsError(err).Status != row.status {
			t.Errorf("%s: update: %v", what, err)
		}
		if got, err := h.Get(t.Context(), ref, scim.Need{}); err != nil || !scim.Same(got.String(), made.String()) {
			t.Errorf("%s: something is left behind: %v %s", what, err, got)
		}
	}
}

// An update whose record cannot be saved is undone in Keycloak.
func TestUpdateThatCannotBeKeptIsUndone(t *testing.T) {
	h := build(t, scimtest.KeycloakAble())
	made, err := h.Create(t.Context(), scim.User, scim.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	h.records.down["save"] = true
	edit := func(r scim.Resource) (scim.Resource, error) {
		return r.With("title", `"new"`).With("active", "false").Set(scim.MustPath("name.givenName"), `"Other"`), nil
	}
	if _, err := h.Update(t.Context(), ref, edit); scim.AsError(err).Status != 503 {
		t.Fatal(err)
	}
	if got, err := h.Get(t.Context(), ref, scim.Need{}); err != nil || len(scim.Diff(made, got)) > 0 {
		t.Errorf("something is left behind: %v %s", err, got)
	}
	h.keycloak.FailNext(nil, scim.Unavailable("Keycloak", nil))
	if _, err := h.Update(t.Context(), ref, edit); !strings.Contains(scim.AsError(err).Detail, "could not be undone") {
		t.Errorf("the error hides that a part stays: %v", err)
	}
}
