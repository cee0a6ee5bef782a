package overlay_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/directory/directorytest"
	"keycloak-scim-proxy/proxy/overlay"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// deriving makes name.formatted of the other names, and shows the address as userName if addressed.
type deriving struct {
	directory.Directory
	addressed bool
}

func (d deriving) form(r scim.Resource, err error) (scim.Resource, error) {
	if err != nil {
		return r, err
	}
	name := func(path string) string { return document.Text(r.Get(scim.MustPath(path))) }
	r = r.Set(scim.MustPath("name.formatted"), document.Quote(strings.TrimSpace(name("name.givenName")+" "+name("name.familyName"))))
	if list := document.Elements(r.Raw("emails")); d.addressed && len(list) > 0 {
		r = r.With("userName", document.Must(list[0]).Raw("value"))
	}
	return r, nil
}

func (d deriving) Create(ctx context.Context, t scim.ResourceType, r scim.Resource) (scim.Resource, error) {
	return d.form(d.Directory.Create(ctx, t, r))
}

func (d deriving) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	return d.form(d.Directory.Get(ctx, ref, n))
}

func (d deriving) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	return d.form(d.Directory.Update(ctx, ref, func(r scim.Resource) (scim.Resource, error) {
		shown, err := d.form(r, nil)
		if err != nil {
			return r, err
		}
		return edit(shown)
	}))
}

// A value that Keycloak makes follows what it is made of, and one that was requested stays.
func TestDerivedIsNotRequested(t *testing.T) {
	const made = `{"userName":"a@x.test","name":{"givenName":"Ada","familyName":"Byron"},"emails":[{"value":"a@x.test"}]}`
	set := func(path, raw string) func(scim.Resource) scim.Resource {
		return func(r scim.Resource) scim.Resource { return r.Set(scim.MustPath(path), raw) }
	}
	formatted := func(raw string) string {
		return document.Must(made).Set(scim.MustPath("name.formatted"), raw).String()
	}
	for _, row := range []struct {
		name, create      string
		addressed, native bool // native: made without the layer
		edits             []func(scim.Resource) scim.Resource
		path, want        string
	}{
		{"derived", made, false, false, []func(scim.Resource) scim.Resource{set("name.givenName", `"Grace"`)}, "name.formatted", `"Grace Byron"`},
		{"derived twice", made, false, false, []func(scim.Resource) scim.Resource{set("title", `"T"`), set("name.givenName", `"Grace"`), set("name.familyName", `"Hopper"`)}, "name.formatted", `"Grace Hopper"`},
		{"requested", formatted(`"Lady A"`), false, false, []func(scim.Resource) scim.Resource{set("name.givenName", `"Grace"`)}, "name.formatted", `"Lady A"`},
		{"requested as it is made", formatted(`"Ada Byron"`), false, false, []func(scim.Resource) scim.Resource{set("title", `"T"`), set("name.givenName", `"Grace"`)}, "name.formatted", `"Ada Byron"`},
		{"requested later", made, false, false, []func(scim.Resource) scim.Resource{set("name.formatted", `"Lady A"`), set("name.givenName", `"Grace"`)}, "name.formatted", `"Lady A"`},
		{"requested, then removed", formatted(`"Lady A"`), false, false, []func(scim.Resource) scim.Resource{set("name.formatted", ""), set("name.givenName", `"Grace"`)}, "name.formatted", `"Grace Byron"`},
		{"a foreign user", made, false, true, []func(scim.Resource) scim.Resource{set("title", `"T"`), set("name.givenName", `"Grace"`)}, "name.formatted", `"Grace Byron"`},
		{"the address as name, of a foreign user", made, true, true, []func(scim.Resource) scim.Resource{set("title", `"T"`), set("emails", `[{"value":"b@x.test"}]`)}, "userName", `"b@x.test"`},
		{"the address as name, requested", made, true, false, []func(scim.Resource) scim.Resource{set("emails", `[{"value":"b@x.test"}]`), set("title", `"T"`)}, "userName", `"a@x.test"`},
		{"a name that is the address", made, false, true, []func(scim.Resource) scim.Resource{set("emails", `[{"value":"b@x.test"}]`)}, "userName", `"a@x.test"`},
	} {
		h := build(t, directorytest.KeycloakCapabilities())
		below := deriving{h.keycloak, row.addressed}
		d := overlay.New(below, overlay.Options{Records: h.records, Pending: h.pending, Limit: keptLimit, Now: func() time.Time { return h.clock }})
		var first directory.Directory = d
		if row.native {
			first = below
		}
		r, err := first.Create(t.Context(), scim.User, document.Must(row.create))
		if err != nil {
			t.Fatal(row.name, err)
		}
		ref := scim.Ref{Type: scim.User, ID: r.ID()}
		for _, edit := range row.edits {
			if _, err := d.Update(t.Context(), ref, func(r scim.Resource) (scim.Resource, error) { return edit(r), nil }); err != nil {
				t.Fatal(row.name, err)
			}
		}
		if r, err = d.Get(t.Context(), ref, directory.Fields{}); err != nil || r.Get(scim.MustPath(row.path)) != row.want {
			t.Errorf("%s: %s %v, want %s", row.name, r, err, row.want)
		}
	}
}
