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

// The PUT of the realm has only scimApiEnabled: Keycloak keeps members that a PUT does not have.
func TestOnlyTheSwitchOfARealmIsPut(t *testing.T) {
	k := &stub{document: `{"realm":"r.1","scimApiEnabled" : false,"unknown":{"a.b":1e3},"attributes":{"x|y":"<&>"},"smtpServer":{"password":"**********"}}`}
	if err := k.login(t).EnableSCIM(t.Context(), "r.1"); err != nil {
		t.Fatal(err)
	}
	k.wantPut(t, `PUT /admin/realms/r.1 {"scimApiEnabled":true}`)
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
