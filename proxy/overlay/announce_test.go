package overlay_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
)

// watched is a directory that looks at the store while it makes a change.
type watched struct {
	*directorytest.Memory
	during func()
	fails  error
}

func (w *watched) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	w.during()
	if w.fails != nil {
		return scim.Resource{}, w.fails
	}
	return w.Memory.Create(ctx, t, r)
}

func (w *watched) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	return w.Memory.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
		wanted, err := edit(current)
		if w.during(); err == nil {
			err = w.fails
		}
		return wanted, err
	})
}

// announcing is a layer whose records alone answer look-ups, and what Taken was called with.
func announcing(t *testing.T) (*fixture, *watched, *[]string) {
	t.Helper()
	h := build(t, directorytest.KeycloakCapabilities())
	w, taken := &watched{Memory: h.keycloak, during: func() {}}, &[]string{}
	h.Directory = overlay.New(w, overlay.Options{
		Records: h.records, Pending: h.pending, Limit: keptLimit, Now: func() time.Time { return h.clock },
		Taken: func(_ context.Context, _ scim.ResourceType, terms []string) { *taken = append(*taken, terms...) },
	})
	return h, w, taken
}

// has reports whether a space has a term of a user.
func has(t *testing.T, s store.Space, path, text string) bool {
	t.Helper()
	ids, err := s.Find(t.Context(), record.Term(scim.User, scim.MustPath(path), text))
	if err != nil {
		t.Fatal(err)
	}
	return len(ids) > 0
}

// Before Keycloak is asked to store values, the store can find them, in the requested form and in
// the one that Keycloak gets. Afterwards it finds exactly what is there.
func TestTermsAreSavedBeforeTheChange(t *testing.T) {
	h, w, _ := announcing(t)
	looked := 0
	w.during = func() {
		for path, text := range map[string]string{"userName": " ada ", "emails.value": "a@x.test"} {
			if !has(t, h.pending, path, text) {
				t.Errorf("a create of %s %q is not announced", path, text)
			}
		}
		if !has(t, h.pending, "userName", "ada") {
			t.Error("the form that Keycloak gets is not announced")
		}
		looked++
	}
	made, err := h.Create(t.Context(), scim.User, document.Must(`{"userName":" Ada ","externalId":"e","emails":[{"value":"A@x.test","primary":true}]}`))
	if err != nil || has(t, h.pending, "userName", "ada") || !has(t, h.records, "userName", " ada ") || !has(t, h.records, "userName", "ada") {
		t.Fatalf("the terms of a created user: %v", err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	rename := func(to string) error {
		_, err := h.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.With("userName", document.Quote(to)), nil })
		return err
	}
	w.during = func() {
		if looked++; !has(t, h.records, "userName", "grace") || !has(t, h.records, "userName", "ada") {
			t.Error("a rename is not announced, or the former name is lost")
		}
	}
	w.fails = errors.New("no answer")
	if err := rename(" Grace "); err == nil || !has(t, h.records, "userName", "ada") {
		t.Errorf("a rename that fails: %v", err)
	}
	w.fails = nil
	if err := rename(" Grace "); err != nil || has(t, h.records, "userName", "ada") || !has(t, h.records, "userName", " grace ") || !has(t, h.records, "userName", "grace") {
		t.Errorf("a rename: %v", err)
	}
	saves := 0
	h.records.saving, w.during = func() { saves++ }, func() {}
	if _, err := h.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.With("title", `"T"`), nil }); err != nil || saves != 1 {
		t.Errorf("a change without new terms is saved %d times: %v", saves, err)
	}
	if looked != 3 {
		t.Errorf("looked %d times", looked)
	}
}

// If the store does not take the terms, Keycloak is not asked.
func TestChangeIsNotMadeUnannounced(t *testing.T) {
	h, _, _ := announcing(t)
	made, err := h.Create(t.Context(), scim.User, document.Must(`{"userName":"ada"}`))
	if err != nil {
		t.Fatal(err)
	}
	h.records.down["save"] = true
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	_, err = h.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return r.With("userName", `"grace"`), nil })
	shown, _ := h.keycloak.Get(t.Context(), ref, directory.Fields{})
	if scim.Status(err) != 503 || shown.Raw("userName") != `"ada"` {
		t.Errorf("%v, and the name is %s", err, shown.Raw("userName"))
	}
}

// A write that Keycloak refuses because a value is taken is passed on, with what Keycloak was to
// store; other refusals are not.
func TestTakenIsPassedOn(t *testing.T) {
	h, w, taken := announcing(t)
	made, err := h.Create(t.Context(), scim.User, document.Must(`{"userName":"ada"}`))
	if err != nil {
		t.Fatal(err)
	}
	try := func() {
		_, _ = h.Create(t.Context(), scim.User, document.Must(`{"userName":"grace","externalId":"e"}`))
		_, _ = h.Update(t.Context(), scim.Ref{Type: scim.User, ID: made.ID()}, func(r scim.Resource) (scim.Resource, error) { return r.With("userName", `"joan"`), nil })
	}
	w.fails = scim.InvalidValue("no")
	if try(); len(*taken) > 0 {
		t.Errorf("400: %q", *taken)
	}
	w.fails = scim.Uniqueness("taken")
	try()
	name := scim.MustPath("userName")
	if want := []string{record.Term(scim.User, name, "grace"), record.Term(scim.User, name, "joan")}; !slices.Equal(*taken, want) {
		t.Errorf("409: %q, want %q", *taken, want)
	}
}
