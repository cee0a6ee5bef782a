package userprofile

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// oddProfile is an unusual user profile: unknown members at every level, numbers and escapes that
// decoding would change, and names that have a meaning in paths. Relaxed removes the parts
// between « and ».
const oddProfile = `{ "unknown" : [1.0, 1e3, 12345678901234567890, -0.0, "<&>\u0041\/"],
 "attributes":[ {"name":"username","validations":{"length":{"min":3.0,"max":1e2}},"required":{},"x.y":{"z":1.0}},
  {"name":"a.b|c@d*e#?\\ü","future":{"validations":{"kept":1E3},"required":true},«"validations":{"length":{"max":255}},»"multivalued" : false},
  {«"required":{"roles":["user"]},»"name":"@this","required.x":1.0,"validations|y":"\u003c"},
  null, "text", 7, [{"validations":1}],
  {"name":"-1"«,"validations":{}»«,"required":null»},
  {"name":"plain","annotations":{"a.b|c":1.10,"required":[{"validations":1e-7}]}} ],
 "groups" : [{"name":"g.1","validations":{"kept":1.0},"required":{"kept":"é"},"annotations":{"n":1e3}}],
 "validations":{"kept":1},"required":{"kept":2.50} }`

var marks = strings.NewReplacer("«", "", "»", "")

// without removes the marked parts of a text.
func without(text string) string {
	for {
		before, rest, found := strings.Cut(text, "«")
		if !found {
			return text
		}
		_, after, _ := strings.Cut(rest, "»")
		text = before + after
	}
}

func TestRelaxed(t *testing.T) {
	got, err := relaxed(marks.Replace(oddProfile))
	if d := cmp.Diff(without(oddProfile), string(got)); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	again, err := relaxed(string(got))
	if err != nil || string(again) != string(got) {
		t.Errorf("again: %v\n%s", err, again)
	}
	for _, bad := range []string{``, `[]`, `{"attributes":{"0":{"required":1}}}`, `{"attributes":"x"}`, `{"attributes":[`} {
		if got, err := relaxed(bad); err == nil {
			t.Errorf("%s is relaxed to %s", bad, got)
		}
	}
}

func relaxed(text string) ([]byte, error) {
	p, err := parse([]byte(text))
	if err != nil {
		return nil, err
	}
	return p.Relaxed()
}

// The profile is written as it was read, except for what an edit changes.
func TestProfileIsPutByteForByte(t *testing.T) {
	var put string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/token"):
			_, _ = io.WriteString(w, `{"access_token":"t"}`)
		case r.Method == http.MethodGet:
			_, _ = io.WriteString(w, marks.Replace(oddProfile))
		default:
			b, _ := io.ReadAll(r.Body)
			put += r.Method + " " + r.URL.Path + " " + string(b)
		}
	}))
	defer srv.Close()
	a, err := onboarding.Login(t.Context(), srv.URL, onboarding.Administrator{User: "admin", Password: "admin"}, nil)
	if err == nil {
		err = Change(t.Context(), a, "r.1", Profile.Relaxed)
	}
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("PUT /admin/realms/r.1/users/profile "+without(oddProfile), put); d != "" {
		t.Error(d)
	}
}

// keptProfile has the parts of oddProfile that Keycloak accepts.
const keptProfile = `{"unmanagedAttributePolicy":"ADMIN_EDIT","attributes":[
{"name":"username","validations":{"length":{"min":3,"max":255}},"permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"email",«"validations":{"email":{}},»«"required":{"roles":["user"]},»"permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"a.b-c_d",«"validations":{"double":{"min":1.0,"max":1e3}},»"annotations":{"a.b|c@d*":{"n":1.0,"big":12345678901234567890,"text":"<&>\u0041","required":{"validations":1.50}}},"group":"g.1"}],
"groups":[{"name":"g.1","displayHeader":"<&>","annotations":{"required":{"n":1.0,"big":12345678901234567890},"validations":[1.50]}}]}`

// Keycloak shows the relaxed profile like one that was written without those members.
func TestRelaxedKeycloakShows(t *testing.T) {
	r, oracle := kctest.NewRealm(t), kctest.NewRealm(t)
	r.Admin("PUT", "/users/profile", marks.Replace(keptProfile))
	oracle.Admin("PUT", "/users/profile", without(keptProfile))
	if err := Change(t.Context(), login(t, r), r.Name, Profile.Relaxed); err != nil {
		t.Fatal(err)
	}
	got, want := r.Admin("GET", "/users/profile", "").Body, oracle.Admin("GET", "/users/profile", "").Body
	if d := cmp.Diff(string(want), string(got)); d != "" || !strings.Contains(string(got), `{"n":1.0,"big":12345678901234567890,"text":"<&>A"`) {
		t.Errorf("%s\n%s", d, got)
	}
}

func login(t *testing.T, r *kctest.Realm) *onboarding.Admin {
	t.Helper()
	a, err := onboarding.Login(t.Context(), r.Server.URL, onboarding.Administrator{User: r.Server.AdminUser, Password: r.Server.AdminPassword}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// An attribute is mapped once, whatever it is called, and never against what is there.
func TestMap(t *testing.T) {
	const text = `{"attributes":[{"name":"username","permissions":{"edit":["admin","user"]}},
{"name":"title","permissions":{"edit":["admin"]},"annotations":{"x":1.0}},{"name":"job","permissions":{"edit":["admin"]},"annotations":{"kc.scim.schema.attribute":"nickName"}},
{"name":"displayName","permissions":{"edit":["admin"]},"annotations":{"kc.scim.schema.attribute":"title2"}},{"name":"costCenter","multivalued":true,"permissions":{"edit":["admin"]}},
{"name":"division","permissions":{"edit":["user"]}}]}`
	p, err := parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]struct {
		name string
		done bool
		err  string
	}{
		"title": {name: "title"}, "nickName": {name: "job", done: true}, "externalId": {}, "manager.value": {}, "urn:acme:1.0:User:badge": {},
		"displayName": {err: "already the SCIM attribute title2"}, "costCenter": {err: "several values"}, "division": {err: "may not edit"},
		"userName": {err: "text attribute"}, "name.givenName": {err: "text attribute"}, "shoeSize": {err: "text attribute"}, "phoneNumbers": {err: "single texts"},
		"phoneNumbers.value": {err: "single texts"}, "manager": {err: "single texts"}, "a b": {err: "map a b"},
	} {
		m, err := MappingOf(asked)
		var name string
		var done bool
		if err == nil {
			name, done, err = p.Mapped(m)
		}
		if name != want.name || done != want.done || (err == nil) != (want.err == "") || err != nil && !strings.Contains(err.Error(), want.err) {
			t.Errorf("%s: %q %t %v", asked, name, done, err)
		}
		if err != nil || done {
			continue
		}
		changed, err := p.Map(m)
		if err != nil {
			t.Fatal(err)
		}
		q, err := parse(changed)
		if err != nil {
			t.Fatal(err)
		}
		if _, done, err := q.Mapped(m); !done || err != nil {
			t.Errorf("%s: %v\n%s", asked, err, changed)
		}
		if asked == "title" && !strings.Contains(string(changed), `"x":1`) {
			t.Error("other annotations are lost")
		}
	}
	reserved, err := p.ReserveUsername()
	if err != nil || strings.Contains(string(reserved), `["admin","user"]`) {
		t.Errorf("%v\n%s", err, reserved)
	}
	if p, err = parse(reserved); err != nil {
		t.Fatal(err)
	}
	if again, err := p.ReserveUsername(); again != nil || err != nil {
		t.Errorf("%v\n%s", err, again)
	}
}
