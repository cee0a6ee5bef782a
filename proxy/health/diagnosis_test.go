package health_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/health"
	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/privilege"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
)

// server answers like 26.7.3 (docs/keycloak.md) to an account that has all that it needs. says
// replaces answers, by the end of the path.
type server struct {
	t       *testing.T
	audited string            // the audience of its tokens
	says    map[string]string // "401 body" by the end of the path
}

const typed = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"%s","detail":"%s"}`

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	issuer := "http://" + r.Host + "/realms/acme"
	claims := fmt.Sprintf(`{"sub":"s","iss":%q,"aud":[%q,"account"]}`, issuer, issuer+s.audited)
	answers := map[string]string{
		"/token":                 `200 {"access_token":"x.` + base64.RawURLEncoding.EncodeToString([]byte(claims)) + `.x","expires_in":60}`,
		"/ServiceProviderConfig": `200 {}`,
		"/Users":                 `400 ` + fmt.Sprintf(typed, "400", "username is required"),
		"/admin/serverinfo":      `200 {"features":[{"name":"SCIM_API","enabled":true}]}`,
		"/users/profile":         `200 {"attributes":[{"name":"lastName","required":{"roles":["user"]}}]}`,
		"/Schemas":               `200 {}`,
		"/admin/realms/acme":     `200 {}`,
		"/users/s":               "403 {}", // the account's own user
	}
	maps.Copy(answers, s.says)
	for end, answer := range answers {
		if strings.HasSuffix(r.URL.Path, end) {
			var status int
			code, body, _ := strings.Cut(answer, " ")
			if _, err := fmt.Sscan(code, &status); err != nil {
				s.t.Error(err)
			}
			if asked, _ := io.ReadAll(r.Body); end == "/Users" && string(asked) != "{}" {
				s.t.Errorf("a diagnosis sends %s", asked)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
			return
		}
	}
	w.WriteHeader(http.StatusForbidden) // what an account may not do
	_, _ = io.WriteString(w, `{"error":"HTTP 403 Forbidden"}`)
}

func diagnose(t *testing.T, c *keycloak.Client, a *keycloak.Account, group string) health.Report {
	t.Helper()
	n := health.Needs{Rights: privilege.New(a, group, time.Now)}
	if group != "" {
		n.Group = tenantgroup.New(group, nil, 0, time.Now)
	}
	return health.Diagnose(t.Context(), c, a, n)
}

// The causes differ in what Keycloak answers, and the steps that its answer proves
// are settled with it.
func TestDiagnose(t *testing.T) {
	off, forbidden := `404 {"error":"HTTP 404 Not Found"}`, "403 "+fmt.Sprintf(typed, "403", "")
	for _, row := range []struct {
		name, audience string
		says           map[string]string
		want           string
	}{
		{"all is well", "/scim/v2", nil, "token audience feature switch role rights users profile"},
		{"secret", "/scim/v2", map[string]string{"/token": `401 {"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}`},
			"token:secret audience? feature? switch? role? rights? users? profile?"},
		{"realm", "/scim/v2", map[string]string{"/token": `404 {"error":"Realm does not exist"}`}, "token:realm audience? feature? switch? role? rights? users? profile?"},
		{"another server", "/scim/v2", map[string]string{"/token": `200 <html>`}, "token:url audience? feature? switch? role? rights? users? profile?"},
		{"a redirect", "/scim/v2", map[string]string{"/token": `302 `}, "token:url audience? feature? switch? role? rights? users? profile?"},
		{"down", "/scim/v2", map[string]string{"/token": `503 `}, "token? audience? feature? switch? role? rights? users? profile?"},
		{"a token that is refused", "/scim/v2", map[string]string{"/ServiceProviderConfig": "401 " + fmt.Sprintf(typed, "401", "Bearer token required")},
			"token:token audience? feature? switch? role? rights users? profile"},
		{"audience", "/other", map[string]string{"/ServiceProviderConfig": "401 " + fmt.Sprintf(typed, "401", "Invalid token audience")},
			"token audience:audience feature switch role? rights users? profile"},
		{"switch", "/scim/v2", map[string]string{"/ServiceProviderConfig": off}, "token audience feature switch:switch role? rights users? profile"},
		{"switch and audience", "/other", map[string]string{"/ServiceProviderConfig": off}, "token audience:audience feature switch:switch role? rights users? profile"},
		{"feature", "/scim/v2", map[string]string{"/ServiceProviderConfig": off, "/admin/serverinfo": `200 {"features":[{"name":"SCIM_API","enabled":false}]}`},
			"token audience feature:feature switch? role? rights users? profile"},
		{"switch or feature", "/scim/v2", map[string]string{"/ServiceProviderConfig": off, "/admin/serverinfo": `403 {"error":"HTTP 403 Forbidden"}`},
			"token audience feature? switch:scim-api role? rights users? profile"},
		{"no role", "/scim/v2", map[string]string{"/ServiceProviderConfig": forbidden, "/Users": forbidden, "/users/profile": `403 {"error":"HTTP 403 Forbidden"}`},
			"token audience feature switch role:role rights users? profile"},
		{"a role that is not enough", "/scim/v2", map[string]string{"/Users": forbidden}, "token audience feature switch role:role rights users? profile"},
		{"too many roles", "/scim/v2", map[string]string{"/clients": `200 []`}, "token audience feature switch role rights:excess users profile"},
		{"a slow list", "/scim/v2", map[string]string{"/events": `503 `}, "token audience feature switch role rights? users profile"},
		{"an attribute that cannot be set", "/scim/v2", map[string]string{"/users/profile": `200 {"attributes":[{"name":"costCode","required":{},"annotations":{},"permissions":{"edit":["user"]}}]}`},
			"token audience feature switch role rights users profile:profile"},
		{"an attribute without annotations", "/scim/v2", map[string]string{"/users/profile": `200 {"attributes":[{"name":"costCode"}]}`, "/Schemas": `500 {"error":"unknown_error"}`},
			"token audience feature switch role rights users profile:annotations"},
		{"the same where that does no harm", "/scim/v2", map[string]string{"/users/profile": `200 {"attributes":[{"name":"costCode"}]}`},
			"token audience feature switch role rights users profile"},
	} {
		s := httptest.NewServer(&server{t, row.audience, row.says})
		client := keycloak.NewClient(s.URL, http.DefaultTransport, time.Minute, 4)
		account := keycloak.NewAccount(client, "acme", "scim", func() (string, error) { return "s", nil }, time.Now)
		report := diagnose(t, client, account, "")
		s.Close()
		var got []string
		for _, f := range report {
			text := string(f.Step)
			switch {
			case f.Fault != nil:
				text += ":" + string(f.Fault.Cause)
				if f.Fault.At.Realm != "acme" && f.Fault.At.Realm != "" || f.Fault.At.URL != s.URL {
					t.Errorf("%s: at %+v", row.name, f.Fault.At)
				}
			case f.Open != nil:
				text += "?"
			}
			got = append(got, text)
		}
		if text := strings.Join(got, " "); text != row.want {
			t.Errorf("%s: %s\nwant %s", row.name, text, row.want)
		}
		if works := !strings.ContainsAny(row.want, ":?"); report.Works() != works {
			t.Errorf("%s: works: %t", row.name, report.Works())
		}
	}
}

// A secret that cannot be read is the operator's, and a Keycloak that cannot be reached is none.
func TestDiagnoseWithoutKeycloak(t *testing.T) {
	client := keycloak.NewClient("http://127.0.0.1:1", http.DefaultTransport, time.Minute, 4)
	secret := func() (string, error) { return "", io.ErrUnexpectedEOF }
	if f := diagnose(t, client, keycloak.NewAccount(client, "acme", "scim", secret, time.Now), "").Faults(); len(f) != 1 || f[0].Cause != "secret" {
		t.Errorf("%v", f)
	}
	secret = func() (string, error) { return "s", nil }
	r := diagnose(t, client, keycloak.NewAccount(client, "acme", "scim", secret, time.Now), "")
	if len(r.Faults()) > 0 || r.Open() == nil || !strings.Contains(r.Open().Error(), "keycloak.url") {
		t.Errorf("%v %v", r.Faults(), r.Open())
	}
}

// An account that is confined to a group must see the group and its children, and must not be able
// to see or create users elsewhere.
func TestDiagnoseOfAGroup(t *testing.T) {
	found, forbidden := `200 {"id":"g"}`, "403 "+fmt.Sprintf(typed, "403", "")
	for name, row := range map[string]struct {
		says  map[string]string
		cause string
	}{
		"all is well": {map[string]string{"/group-by-path/acme": found, "/groups/g/children": `200 []`, "/Users": forbidden, "/users": `200 []`}, ""},
		"a shared user": {map[string]string{
			"/group-by-path/acme": found, "/groups/g/children": `200 []`, "/Users": forbidden,
			"/users": `200 [{"id":"u1","username":"anna","access":{"manage":false}},{"id":"u2","username":"zoe","access":{"manage":true}}]`,
		}, ""},
		"no group":        {map[string]string{"/group-by-path/acme": `404 {"error":"Group path does not exist"}`}, "group"},
		"no permission":   {map[string]string{"/group-by-path/acme": `403 {"error":"HTTP 403 Forbidden"}`}, "group"},
		"no children":     {map[string]string{"/group-by-path/acme": found, "/groups/g/children": `403 {"error":"HTTP 403 Forbidden"}`, "/Users": forbidden}, "group"},
		"the whole realm": {map[string]string{"/group-by-path/acme": found, "/groups/g/children": `200 []`, "/users": `200 []`}, "excess"},
		"sees all users":  {map[string]string{"/group-by-path/acme": found, "/groups/g/children": `200 []`, "/Users": forbidden, "/users": `200 []`, "/users/s": `200 {"id":"s"}`}, "excess"},
	} {
		s := httptest.NewServer(&server{t, "/scim/v2", row.says})
		client := keycloak.NewClient(s.URL, http.DefaultTransport, time.Minute, 4)
		account := keycloak.NewAccount(client, "acme", "scim", func() (string, error) { return "s", nil }, time.Now)
		report := diagnose(t, client, account, "acme")
		s.Close()
		cause := ""
		for _, f := range report.Faults() {
			cause += string(f.Cause)
		}
		for _, f := range report {
			if f.Step == health.Users && strings.Contains(f.Note, "anna (u1)") != (name == "a shared user") || strings.Contains(f.Note, "zoe") {
				t.Errorf("%s: %s", name, f.Note)
			}
		}
		if cause != row.cause || report.Works() != (cause == "") {
			t.Errorf("%s: %q, want %q", name, cause, row.cause)
		}
	}
}
