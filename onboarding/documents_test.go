package onboarding

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oddProfile is an unusual user profile: unknown members at every level, numbers and escapes that
// decoding would change, and names that have a meaning in paths. RelaxProfile removes the parts
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
	got, err := relaxed([]byte(marks.Replace(oddProfile)))
	if d := cmp.Diff(without(oddProfile), string(got)); err != nil || d != "" {
		t.Errorf("%v\n%s", err, d)
	}
	again, err := relaxed(got)
	if err != nil || string(again) != string(got) {
		t.Errorf("again: %v\n%s", err, again)
	}
	for _, bad := range []string{``, `[]`, `{"attributes":{"0":{"required":1}}}`, `{"attributes":"x"}`, `{"attributes":[`} {
		if got, err := relaxed([]byte(bad)); err == nil {
			t.Errorf("%s is relaxed to %s", bad, got)
		}
	}
}

// stub is a Keycloak with one document. It keeps the bodies of PUT requests.
type stub struct {
	document string
	put      []string
}

func (k *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "/token"):
		_, _ = io.WriteString(w, `{"access_token":"t"}`)
	case r.Method == http.MethodGet:
		_, _ = io.WriteString(w, k.document)
	default:
		b, _ := io.ReadAll(r.Body)
		k.put = append(k.put, r.Method+" "+r.URL.Path+" "+string(b))
		k.document = strings.Replace(k.document, `"scimApiEnabled" : false`, `"scimApiEnabled" : true`, 1)
	}
}

func (k *stub) login(t *testing.T) *Admin {
	t.Helper()
	srv := httptest.NewServer(k)
	t.Cleanup(srv.Close)
	a, err := Login(t.Context(), srv.URL, Administrator{User: "admin", Password: "admin"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (k *stub) wantPut(t *testing.T, want string) {
	t.Helper()
	if d := cmp.Diff([]string{want}, k.put); d != "" {
		t.Error(d)
	}
}

// The profile is written as it was read, except for the removed members.
func TestProfileIsPutByteForByte(t *testing.T) {
	k := &stub{document: marks.Replace(oddProfile)}
	if err := k.login(t).RelaxProfile(t.Context(), "r.1"); err != nil {
		t.Fatal(err)
	}
	k.wantPut(t, "PUT /admin/realms/r.1/users/profile "+without(oddProfile))
}

// The PUT of the realm has only scimApiEnabled: Keycloak keeps members that a PUT does not have.
func TestOnlyTheSwitchOfARealmIsPut(t *testing.T) {
	k := &stub{document: `{"realm":"r.1","scimApiEnabled" : false,"unknown":{"a.b":1e3},"attributes":{"x|y":"<&>"},"smtpServer":{"password":"**********"}}`}
	if err := k.login(t).EnableSCIM(t.Context(), "r.1"); err != nil {
		t.Fatal(err)
	}
	k.wantPut(t, `PUT /admin/realms/r.1 {"scimApiEnabled":true}`)
}

// keptProfile has the parts of oddProfile that Keycloak accepts.
const keptProfile = `{"unmanagedAttributePolicy":"ADMIN_EDIT","attributes":[
{"name":"username","validations":{"length":{"min":3,"max":255}},"permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"email",«"validations":{"email":{}},»«"required":{"roles":["user"]},»"permissions":{"view":["admin"],"edit":["admin"]}},
{"name":"a.b-c_d",«"validations":{"double":{"min":1.0,"max":1e3}},»"annotations":{"a.b|c@d*":{"n":1.0,"big":12345678901234567890,"text":"<&>\u0041","required":{"validations":1.50}}},"group":"g.1"}],
"groups":[{"name":"g.1","displayHeader":"<&>","annotations":{"required":{"n":1.0,"big":12345678901234567890},"validations":[1.50]}}]}`

// Keycloak shows the relaxed profile like one that was written without those members.
func TestRelaxProfile(t *testing.T) {
	s, oracle := newSite(t), newSite(t)
	s.ask("PUT", "/users/profile", marks.Replace(keptProfile))
	oracle.ask("PUT", "/users/profile", without(keptProfile))
	if err := s.RelaxProfile(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
	got, want := s.ask("GET", "/users/profile", "").Body, oracle.ask("GET", "/users/profile", "").Body
	if d := cmp.Diff(string(want), string(got)); d != "" || !strings.Contains(string(got), `{"n":1.0,"big":12345678901234567890,"text":"<&>A"`) {
		t.Errorf("%s\n%s", d, got)
	}
}

// Everything in a realm except scimApiEnabled stays.
func TestEnableSCIMKeepsTheRealm(t *testing.T) {
	s := newSite(t)
	s.ask("PUT", "", `{"scimApiEnabled":false,"attributes":{"x.y|z@":"<&>\u0041","n":"1e3"},"otpPolicyDigits":8,"passwordPolicy":"length(9)",
"webAuthnPolicyRpEntityName":"acme","webAuthnPolicyUserVerificationRequirement":"required","smtpServer":{"from":"a@b.test","host":"mail","user":"u","password":"p","auth":"true"},
"browserSecurityHeaders":{"xFrameOptions":"DENY"},"internationalizationEnabled":true,"supportedLocales":["de","en"],"defaultLocale":"de"}`)
	shown := func() map[string]any {
		var doc map[string]any
		d := json.NewDecoder(strings.NewReader(string(s.ask("GET", "", "").Body)))
		d.UseNumber()
		if err := d.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	before := shown()
	if err := s.EnableSCIM(t.Context(), s.Name); err != nil {
		t.Fatal(err)
	}
	after := shown()
	if after["scimApiEnabled"] != true {
		t.Error("the switch is off")
	}
	for _, doc := range []map[string]any{before, after} {
		delete(doc, "scimApiEnabled")
		attributes, _ := doc["attributes"].(map[string]any)
		delete(attributes, "scimApiEnabled") // Keycloak's own copy of scimApiEnabled
	}
	if d := cmp.Diff(before, after, anyOrder); d != "" {
		t.Error(d)
	}
}
