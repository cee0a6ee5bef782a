package profile

import (
	"testing"

	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Names are asked for by the Admin REST API only if it shows all that the SCIM API makes a name of.
func TestSplitNames(t *testing.T) {
	const everyone = `"permissions":{"view":["admin","user"],"edit":["admin","user"]}`
	for name, row := range map[string]struct {
		attribute string
		worth     bool
	}{
		"as it is":                {`{"name":"nick",` + everyone + `}`, true},
		"a mapped part":           {`{"name":"middle","annotations":{"kc.scim.schema.attribute":"name.middleName"},` + everyone + `}`, true},
		"a part that is read":     {`{"name":"middle","annotations":{"kc.scim.schema.attribute":"name.middleName"},"permissions":{"view":["admin"],"edit":["user"]}}`, false},
		"the whole":               {`{"name":"whole","annotations":{"kc.scim.schema.attribute":"name.formatted"},` + everyone + `}`, false},
		"a first name for users":  {`{"name":"firstName","permissions":{"view":["user"],"edit":["user"]}}`, false},
		"a last name for no one":  {`{"name":"lastName","permissions":{"view":[],"edit":[]}}`, false},
		"a last name that is set": {`{"name":"lastName","permissions":{"view":["user"],"edit":["admin"]}}`, true},
	} {
		p, err := Parse([]byte(`{"attributes":[{"name":"username"},` + row.attribute + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		for _, asked := range []string{"name", "name.givenName"} {
			if _, _, worth := p.Split([]string{"userName", asked}, false); worth != row.worth {
				t.Errorf("%s, %s: %t", name, asked, worth)
			}
		}
	}
}

// The SCIM API leaves blank parts out of name.formatted, as Java defines blanks (measured).
func TestFormatted(t *testing.T) {
	p, err := Parse([]byte(`{"attributes":[{"name":"username"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	_, v, _ := p.Split([]string{"name"}, false)
	for given, want := range map[string]string{
		"A": "A X", " ": "X", "\u001c": "X", "\u2003": "X", "\u3000": "X",
		"\u00a0": "\u00a0 X", "\u2007": "\u2007 X", "\u202f": "\u202f X", "\u0085": "\u0085 X", "\u200b": "\u200b X", "\ufeff": "\ufeff X",
	} {
		got := p.Fill(document.Must(`{"id":"1","active":true}`), representation.User{ID: "1", Username: "a", FirstName: &given, LastName: new("X")}, v)
		if text := document.Text(got.Get(scim.MustPath("name.formatted"))); text != want {
			t.Errorf("%q: %q, want %q", given, text, want)
		}
	}
}

// Of a user with an administrator's role the SCIM API hides everything but the name, and so does
// Fill.
func TestFillHidesAdministrators(t *testing.T) {
	p, err := Parse([]byte(`{"attributes":[{"name":"username"},{"name":"job","annotations":{"kc.scim.schema.attribute":"title"},"permissions":{"edit":["admin"]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	_, v, _ := p.Split([]string{"userName", "name", "title"}, false)
	u := representation.User{ID: "1", Username: "root", FirstName: new("A"), LastName: new("B"), Attributes: map[string][]string{"job": {"T"}}}
	if got := p.Fill(document.Must(`{"id":"1"}`), u, v).String(); got != `{"id":"1","userName":"root"}` {
		t.Error(got)
	}
	if got := p.Fill(document.Must(`{"id":"1","active":false}`), u, v); got.Raw("title") != `"T"` || got.Raw("name") == "" {
		t.Error(got)
	}
}
