package overlay_test

import (
	"context"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// disguised shows every resource in another form, as a Keycloak that normalises values.
type disguised struct {
	directory.Directory
	form func(scim.Resource) scim.Resource
}

func (d disguised) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	r, err := d.Directory.Create(ctx, t, r)
	if err != nil {
		return r, err
	}
	return d.form(r), nil
}

func (d disguised) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	r, err := d.Directory.Get(ctx, ref, n)
	if err != nil {
		return r, err
	}
	return d.form(r), nil
}

// What Keycloak normalises is lawful and kept; any other difference undoes the create.
func TestNormalisedIsKept(t *testing.T) {
	family := scim.MustPath("name.familyName")
	set := func(path, raw string) func(scim.Resource) scim.Resource {
		return func(r scim.Resource) scim.Resource { return r.Set(scim.MustPath(path), raw) }
	}
	for _, row := range []struct {
		name, path, asked, shown string
		lawful                   bool
	}{
		{"blanks at the ends", "name.familyName", `" X\t"`, `"X"`, true},
		{"only blanks", "name.familyName", `"  "`, ``, true},
		{"a text as a list of one", "name.familyName", `"X"`, `["X"]`, true},
		{"a list of one as a text", "name.familyName", `["X"]`, `"X"`, true},
		{"another text", "name.familyName", `"X"`, `"Y"`, false},
		{"blanks inside", "name.familyName", `"X  Y"`, `"X Y"`, false},
		{"letter case of a name", "name.familyName", `"X"`, `"x"`, false},
		{"no-break space", "name.familyName", `"X\u00a0"`, `"X"`, false},
		{"nothing", "name.familyName", `"X"`, ``, false},
		{"the first of two", "name.familyName", `["X","Y"]`, `"X"`, false},
		{"İ", "userName", `"\u0130da"`, `"i\u0307da"`, true},
		{"a sigma at the end", "userName", `"\u03a3\u0391\u03a3"`, `"\u03c3\u03b1\u03c2"`, true},
		{"i is not İ", "userName", `"\u0130da"`, `"ida"`, false},
		{"the address", "userName", `"ada"`, `"Ada@x.test"`, true},
		{"another address", "userName", `"ada"`, `"eve@x.test"`, false},
		{"İ in an address", "emails", `[{"value":"\u0130@x.test"}]`, `[{"value":"i\u0307@x.test","type":"work","primary":true}]`, true},
	} {
		h := build(t, directorytest.KeycloakCapabilities())
		d := overlay.New(disguised{h.keycloak, set(row.path, row.shown)}, overlay.Options{Records: h.records, Pending: h.pending, Limit: keptLimit, Now: func() time.Time { return h.clock }})
		asked := document.Must(`{"userName":"ada","emails":[{"value":"ada@x.test"}],"name":{"givenName":"G","familyName":"F"}}`).Set(scim.MustPath(row.path), row.asked)
		made, err := d.Create(t.Context(), scim.User, asked)
		if (err == nil) != row.lawful {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if !row.lawful {
			if p, err := h.keycloak.List(t.Context(), directory.Query{Type: scim.User, Start: 1}); err != nil || p.Total != 0 || len(h.ids(t)) != 0 || scim.Status(err) != 0 {
				t.Errorf("%s: %d users stay, and %v is kept (%v)", row.name, p.Total, h.ids(t), err)
			}
			continue
		}
		got, err := d.Get(t.Context(), scim.Ref{Type: scim.User, ID: made.ID()}, directory.Fields{Observed: true})
		if err != nil {
			t.Fatal(err)
		}
		plain, below := directory.Observed(got)
		if have := plain.Get(scim.MustPath(row.path)); !document.Same(have, row.asked) {
			t.Errorf("%s: %s, want %s", row.name, have, row.asked)
		}
		if want := row.shown; want != "" && row.path != "emails" && !document.Same(below.Get(scim.MustPath(row.path)), want) {
			t.Errorf("%s: observed %s, want %s", row.name, below, want)
		}
		if want := below.Get(family); row.path == "userName" && want != `"F"` {
			t.Errorf("%s: %s", row.name, below)
		}
	}
}

// A write that does not name a normalised value leaves it as it is, also in Keycloak.
func TestNormalisedStays(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	made, err := h.Create(t.Context(), scim.User, document.Must(`{"userName":" \u0130da ","name":{"givenName":"G","familyName":" F"}}`))
	if err != nil {
		t.Fatal(err)
	}
	ref := scim.Ref{Type: scim.User, ID: made.ID()}
	got, err := h.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) {
		return r.Set(scim.MustPath("name.givenName"), `"Other "`), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sameLeaves(t, got, `{"userName":" \u0130da ","name":{"givenName":"Other ","familyName":" F"}}`)
	native, err := h.keycloak.Get(t.Context(), ref, directory.Fields{})
	if err != nil {
		t.Fatal(err)
	}
	sameLeaves(t, native, `{"userName":"i̇da","name":{"givenName":"Other","familyName":"F"}}`)
}

// offering records what is offered to the directory below.
type offering struct {
	directory.Directory
	offered *scim.Resource
}

func (o offering) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	return o.Directory.Update(ctx, ref, func(r scim.Resource) (scim.Resource, error) {
		wanted, err := edit(r)
		*o.offered = wanted
		return wanted, err
	})
}

// A value that stays is offered as Keycloak shows it: where names cannot be changed, offering the
// requested name again would be a rename. A value that Keycloak does not have yet is offered.
func TestWhatStaysIsOfferedAsItIsShown(t *testing.T) {
	h := build(t, directorytest.KeycloakCapabilities())
	var offered scim.Resource
	d := overlay.New(offering{h.keycloak, &offered}, overlay.Options{Records: h.records, Pending: h.pending, Limit: keptLimit, Now: func() time.Time { return h.clock }})
	made, err := d.Create(t.Context(), scim.User, document.Must(`{"userName":"ADA","title":"T","name":{"familyName":" F "}}`))
	if err != nil {
		t.Fatal(err)
	}
	h.keycloak.Hold(scim.User, "title", directory.Normalised)
	if _, err := d.Update(t.Context(), scim.Ref{Type: scim.User, ID: made.ID()}, func(r scim.Resource) (scim.Resource, error) {
		return r.With("nickName", `"N"`), nil
	}); err != nil {
		t.Fatal(err)
	}
	sameLeaves(t, offered, `{"userName":"ada","title":"T","name":{"familyName":"F"}}`)
}
