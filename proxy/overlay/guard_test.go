package overlay_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// unproven answers every delete with a 404 without proof, as Keycloak does for a caller without
// roles.
type unproven struct{ *directorytest.Memory }

func (unproven) Delete(_ context.Context, ref scim.Ref) error { return scim.NotFound(ref) }

// A record is removed after a 404 only if the 404 is proven and the record has the type in the
// request.
func TestRecordSurvivesAForeign404(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(entra))
	if err != nil {
		t.Fatal(err)
	}
	user := scim.Ref{Type: scim.User, ID: made.ID()}
	delete := func(what string, below directory.Directory, ref scim.Ref) {
		t.Helper()
		h.Directory.Directory = below
		if err := h.Delete(t.Context(), ref); scim.Status(err) != 404 {
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

// A resource above the limit is refused before Keycloak is changed, in every form, and leaves
// nothing behind.
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
			return r.With("title", document.Quote(strings.Repeat("x", keptLimit)))
		}, 413},
		"quotes, which grow when they are escaped": {func(r scim.Resource) scim.Resource {
			return r.With("title", document.Quote(strings.Repeat(`"`, keptLimit/3)))
		}, 413},
		"an extension": {func(r scim.Resource) scim.Resource {
			return r.With("urn:x:User", `{"a":`+document.Quote(strings.Repeat("x", keptLimit))+`}`)
		}, 413},
		"a userName": {func(r scim.Resource) scim.Resource {
			return r.With("userName", document.Quote(strings.Repeat("x", keptLimit)))
		}, 400},
		"an address": {func(r scim.Resource) scim.Resource {
			return r.With("emails", `[{"value":`+document.Quote(strings.Repeat("x", keptLimit)+"@x.test")+`}]`)
		}, 400},
		"a family name": {func(r scim.Resource) scim.Resource {
			return r.Set(scim.MustPath("name.familyName"), document.Quote(strings.Repeat("x", keptLimit)))
		}, 400},
		"more addresses than an index holds": {func(r scim.Resource) scim.Resource { return r.With("emails", document.Array(addresses)) }, 400},
	} {
		h := build(t, directorytest.KeycloakCapabilities())
		if _, err := h.Create(t.Context(), scim.User, row.change(document.Must(entra))); scim.Status(err) != row.status || scim.AsError(err).RetryAfter != 0 {
			t.Errorf("%s: create: %v", what, err)
		}
		if n := h.keycloak.Calls(); n != 0 {
			t.Errorf("%s: %d calls to Keycloak", what, n)
		}
		made, err := h.Create(t.Context(), scim.User, document.Must(entra))
		if err != nil {
			t.Fatal(err)
		}
		ref := scim.Ref{Type: scim.User, ID: made.ID()}
		edit := func(r scim.Resource) (scim.Resource, error) {
			return row.change(r.With("name", `{"givenName":"Other"}`)), nil
		}
		if _, err := h.Update(t.Context(), ref, edit); scim.Status(err) != row.status {
			t.Errorf("%s: update: %v", what, err)
		}
		if got, err := h.Get(t.Context(), ref, directory.Fields{}); err != nil || !document.Same(got.String(), made.String()) {
			t.Errorf("%s: something is left behind: %v %s", what, err, got)
		}
	}
}

// An update whose record cannot be saved is undone in Keycloak, except for changes by others. A
// disabled user is not enabled again. The error says if a part of the update stays.
func TestUpdateThatCannotBeKeptIsUndone(t *testing.T) {
	given, family, active := scim.MustPath("name.givenName"), scim.MustPath("name.familyName"), scim.MustPath("active")
	for what, row := range map[string]struct {
		edit    func(scim.Resource) scim.Resource
		foreign func(scim.Resource) scim.Resource // another writer's change after the update
		lost    bool                              // the undo fails
		want    map[string]string
		stays   bool
	}{
		"undone": {
			edit: func(r scim.Resource) scim.Resource { return r.Set(given, `"Other"`) },
			want: map[string]string{"name.givenName": `"Alice"`},
		},
		"disabled": {
			edit: func(r scim.Resource) scim.Resource { return r.Set(given, `"Other"`).Set(active, "false") },
			want: map[string]string{"name.givenName": `"Alice"`, "active": "false"}, stays: true,
		},
		"renamed by another writer": {
			edit:    func(r scim.Resource) scim.Resource { return r.Set(given, `"Other"`).Set(family, `"New"`) },
			foreign: func(r scim.Resource) scim.Resource { return r.Set(given, `"Third"`) },
			want:    map[string]string{"name.givenName": `"Third"`, "name.familyName": `"X"`}, stays: true,
		},
		"cannot be undone": {
			edit: func(r scim.Resource) scim.Resource { return r.Set(given, `"Other"`) }, lost: true,
			want: map[string]string{"name.givenName": `"Other"`}, stays: true,
		},
	} {
		h := build(t, directorytest.KeycloakCapabilities())
		made, err := h.Create(t.Context(), scim.User, document.Must(entra))
		if err != nil {
			t.Fatal(err)
		}
		ref := scim.Ref{Type: scim.User, ID: made.ID()}
		h.records.down["save"] = true
		h.records.saving = func() {
			if row.foreign != nil {
				if _, err := h.keycloak.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return row.foreign(r), nil }); err != nil {
					t.Error(err)
				}
			}
			if row.lost {
				h.keycloak.FailNext(scim.Unavailable("Keycloak", nil))
			}
		}
		edit := func(r scim.Resource) (scim.Resource, error) { return row.edit(r).With("title", `"new"`), nil }
		_, err = h.Update(t.Context(), ref, edit)
		if e := scim.AsError(err); e.Status != 503 || strings.Contains(e.Detail, "could not be undone") != row.stays {
			t.Errorf("%s: %v", what, err)
		}
		got, err := h.Get(t.Context(), ref, directory.Fields{})
		if err != nil || got.Raw("title") != made.Raw("title") {
			t.Errorf("%s: %v %s", what, err, got)
		}
		for path, raw := range row.want {
			if now := got.Get(scim.MustPath(path)); now != raw {
				t.Errorf("%s: %s is %s, want %s", what, path, now, raw)
			}
		}
	}
}

// A change that is undone leaves the record as it was, the time of the last change included.
func TestUndoRestoresTheRecord(t *testing.T) {
	for name, earlier := range map[string]bool{"changed before": true, "never changed": false} {
		h := build(t, directorytest.KeycloakCapabilities())
		made, err := h.Create(t.Context(), scim.User, document.Must(`{"userName":"u","active":true,"title":"t"}`))
		if err != nil {
			t.Fatal(err)
		}
		ref := scim.Ref{Type: scim.User, ID: made.ID()}
		set := func(title string) (before, after scim.Resource) {
			h.clock = h.clock.Add(1234567 * time.Nanosecond)
			after, err := h.Update(t.Context(), ref, func(cur scim.Resource) (scim.Resource, error) {
				before = cur
				return cur.With("title", title), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return before, after
		}
		if earlier {
			set(`"first"`)
		}
		was, err := h.records.Load(t.Context(), ref.ID)
		if err != nil {
			t.Fatal(err)
		}
		before, after := set(`"second"`)
		cause := scim.InvalidValue("a later step failed")
		if err := directory.PutBack(t.Context(), h, ref, before, after, cause); !errors.Is(err, cause) {
			t.Fatal(err)
		}
		now, err := h.records.Load(t.Context(), ref.ID)
		if got, want := string(now[ref.ID].Body), string(was[ref.ID].Body); err != nil || got != want {
			t.Errorf("%s: %v, the record was %s, is %s", name, err, want, got)
		}
	}
}

// A retry that finds its earlier try and cannot check it keeps the pending record for the next
// retry.
func TestRetryThatCannotFinishIsNotForgotten(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	h.clock = time.Now()
	h.records.down["save"] = true
	h.keycloak.FailNext(nil, scim.Unavailable("Keycloak", nil)) // made, and not deleted again
	if _, err := h.Create(doubting(t), scim.User, document.Must(entra)); err == nil {
		t.Fatal("no error")
	}
	h.records.down = map[string]bool{}
	h.clock = h.clock.Add(time.Hour)                            // the retry is not taken for the first try
	h.keycloak.FailNext(nil, scim.Unavailable("Keycloak", nil)) // the look-up of what is there
	if _, err := h.Create(t.Context(), scim.User, document.Must(entra)); scim.Status(err) != 503 {
		t.Fatalf("%v", err)
	}
	if _, err := h.Create(t.Context(), scim.User, document.Must(entra)); err != nil {
		t.Errorf("the next retry: %v", err)
	}
}
