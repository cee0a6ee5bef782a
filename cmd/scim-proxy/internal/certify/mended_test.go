package certify

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/certifytest"
	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// resultOf checks one requirement.
func resultOf(t *testing.T, s *probe.Session, id string) Result {
	t.Helper()
	for _, q := range All() {
		if q.ID == id {
			return check(t.Context(), s, q)
		}
	}
	t.Fatalf("there is no requirement %s", id)
	return Result{}
}

// refuses answers requests, whose body has one text and not another, with 400.
func refuses(method, has, lacks string) certifytest.Fault {
	return certifytest.Answers(func(x *exchange) {
		if x.Method == method && strings.Contains(x.Sent, has) && !strings.Contains(x.Sent, lacks) {
			x.Status, x.Body = http.StatusBadRequest, `{"schemas":["`+probe.ErrorURN+`"],"status":"400","scimType":"invalidSyntax"}`
		}
	})
}

// Requirements that the server in memory does not meet fail on it, and pass on one that does.
func TestMended(t *testing.T) {
	t.Parallel()
	for id, mended := range map[string]certifytest.Fault{
		"interop.claim":           config(set("interopProfileConformant", true)),
		"interop.pathless":        refuses("PATCH", `"op"`, `"path"`),
		"interop.undefined-uri":   refuses("POST", "certifyUndefined", "nothing"),
		"interop.complex-replace": mendedReplace(),
		"patch.modified":          mendedTime(),
	} {
		s, _ := session(t, nil)
		if r := resultOf(t, s, id); r.State != Fail {
			t.Errorf("%s is %s", id, r.State)
		}
		s, _ = session(t, mended)
		if r := resultOf(t, s, id); r.State != Pass {
			t.Errorf("%s, mended, is %s %v", id, r.State, r.Failure)
		}
	}
}

// mendedReplace loses the middle name after a PATCH.
func mendedReplace() certifytest.Fault {
	patched := false
	return certifytest.Answers(func(x *exchange) {
		patched = patched || x.Method == "PATCH"
		if patched {
			x.Edit(within("name", lose("middleName")))
		}
	})
}

// mendedTime shows a later time after a PATCH.
func mendedTime() certifytest.Fault {
	patched := false
	return certifytest.Answers(func(x *exchange) {
		patched = patched || x.Method == "PATCH"
		if patched {
			x.Edit(within("meta", set("lastModified", "2099-01-01T00:00:00Z")))
		}
	})
}

// A user shows its groups, if the schemas say on request, on request.
func TestGroupsOfUser(t *testing.T) {
	t.Parallel()
	for shown, want := range map[string]string{"": Pass, "another": Fail} {
		group := ""
		s, _ := session(t, certifytest.Answers(func(x *exchange) {
			if x.Is("POST", "/Groups") {
				x.Edit(func(o object) { group, _ = o["id"].(string) })
			}
			if strings.Contains(x.Query, "attributes=groups") {
				x.Edit(set("groups", []any{object{"value": group + shown}}))
			}
		}))
		if r := resultOf(t, s, "get.groups"); r.State != want {
			t.Errorf("%s: %s, %v", shown, r.State, r.Failure)
		}
	}
}

// The scope of a token is known only if that is a JWT.
func TestScope(t *testing.T) {
	t.Parallel()
	for scope, want := range map[string]string{"scim": Pass, "scim email": Fail, "": Fail} {
		claims := base64.RawURLEncoding.EncodeToString([]byte(`{"scope":"` + scope + `"}`))
		s := probe.New(probe.Options{URL: "http://127.0.0.1:1", Token: "h." + claims + ".s"})
		if r := resultOf(t, s, "ipsie.scope"); r.State != want {
			t.Errorf("%q: %s", scope, r.State)
		}
	}
	if r := resultOf(t, probe.New(probe.Options{Token: "opaque"}), "ipsie.scope"); r.State != Unknown {
		t.Error(r.State)
	}
}

// Metadata of the authorization server is found by RFC 9728 and by RFC 8414.
func TestMetadata(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"issuer":"x","token_endpoint":"https://as.test/token"}`: Pass,
		`{"issuer":"x"}`: Fail,
		`no JSON`:        Unknown,
	} {
		for _, place := range []string{"/.well-known/oauth-authorization-server/scim/v2", "/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/realm"} {
			var s *certifytest.Server
			fault := func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				switch {
				case r.Header.Get("Authorization") != "":
					t.Error("a request for metadata has the token")
				case r.URL.Path == place:
					_, _ = io.WriteString(w, text)
				case r.URL.Path == "/.well-known/oauth-protected-resource/scim/v2" && strings.HasSuffix(place, "realm"):
					_, _ = io.WriteString(w, `{"authorization_servers":["`+strings.TrimSuffix(s.URL, "/scim/v2")+`/realm"]}`)
				default:
					next.ServeHTTP(w, r)
				}
			}
			var p *probe.Session
			p, s = session(t, fault)
			if r := resultOf(t, p, "ipsie.metadata"); r.State != want {
				t.Errorf("%s at %s: %s %v", text, place, r.State, r.Failure)
			}
		}
	}
}
