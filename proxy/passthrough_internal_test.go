package proxy

import (
	"fmt"
	"strings"
	"testing"
)

// No spelling of a refused path reaches Keycloak, and passed-on requests arrive as they were sent.
func TestPassthroughPaths(t *testing.T) {
	upstream := newRecorder(t)
	_, address, _ := passing(t, upstream.URL, "")
	const scimOurs, ambiguous, nowhere, denied = 401, 400, 404, 403
	for target, want := range map[string]int{
		// SCIM paths of the proxy, in all spellings that are equal by RFC 3986.
		"/realms/r/scim/v2/Users":              scimOurs,
		"/%72ealms/r/scim/v2/Users":            scimOurs,
		"/realms/%72/scim/v2/Users":            scimOurs,
		"/realms/r/%73cim/v2/Users":            scimOurs,
		"/realms/r/scim/%76%32/Users":          scimOurs,
		"/realms/r/scim/v2//Users":             scimOurs,
		"/realms/r/scim/v2/../../../../admin":  scimOurs,
		"/realms/r/scim/v2/%2e%2e/%2e%2e/x":    scimOurs,
		"/realms/r/scim/v2/Users%2f..":         scimOurs,
		"/realms/r/scim?aadOptscim062020/v2/x": scimOurs,
		"http://x/realms/r/scim/v2/Users":      scimOurs,
		"http:///realms/r/scim/v2/Users":       scimOurs,
		"/%73cim/v2/Users":                     scimOurs,
		"/scim/v2/../../admin":                 scimOurs,
		"/tenants/t/scim/v2/../../../../admin": scimOurs,
		"/realms/../scim/v2/Users":             nowhere,
		"/realms/%2E%2e/scim/v2/Users":         nowhere,
		"/realms/a%2f..%2fr/scim/v2":           nowhere,
		"/realms/a%5C..%5Cr/scim/v2":           nowhere,
		"/realms/r%3bx/scim/v2/Users":          nowhere,
		"/realms/r;x/scim/v2/Users":            nowhere,
		"/realms/r%252f/scim/v2/Users":         nowhere,
		// Keycloak's own SCIM API.
		"/realms/r/SCIM/v2/Users":            nowhere,
		"/REALMS/r/scim/v2/Users":            nowhere,
		"/realms/r/scim":                     nowhere,
		"/realms/r/scim/":                    nowhere,
		"/realms/r/scim/V2/Users":            nowhere,
		"/realms/r/scim/v1/Users":            nowhere,
		"/realms/r/scim/v2.0/Users":          nowhere,
		"/realms/r/scim/v2x":                 nowhere,
		"/realms/r/scim/v2%20/Users":         nowhere,
		"/realms/r/scim/Users":               nowhere,
		"/realms/r/\u017fcim/v2/Users":       nowhere,
		"/realms/r/%C5%BFcim/v2/Users":       nowhere,
		"/realms/r//scim/v2/Users":           ambiguous,
		"//realms/r/scim/v2/Users":           ambiguous,
		"/realms//r/scim/v2/Users":           ambiguous,
		"/realms/r/./scim/v2/Users":          ambiguous,
		"/realms/r/x/../scim/v2/Users":       ambiguous,
		"/realms/r/%2e/scim/v2/Users":        ambiguous,
		"/realms/r/x/%2e%2E/scim/v2/Users":   ambiguous,
		"/realms/r/x/.%2e/scim/v2/Users":     ambiguous,
		"/realms/r/scim/v2;x/Users":          ambiguous,
		"/realms/r/scim;x/v2/Users":          ambiguous,
		"/realms/r/scim%3Bx/v2/Users":        ambiguous,
		"/realms;x/r/scim/v2/Users":          ambiguous,
		"/realms/r%2fscim/v2/Users":          ambiguous,
		"/realms/r%2Fscim%2fv2%2fUsers":      ambiguous,
		"/realms/r/scim%2fv2/Users":          ambiguous,
		"/realms/r/%73cim%2fv2/Users":        ambiguous,
		"/realms/r/scim\\v2\\Users":          ambiguous,
		"/realms\\r\\scim\\v2\\Users":        ambiguous,
		"/realms/r/scim%5cv2/Users":          ambiguous,
		"/realms/r/scim%5Cv2/Users":          ambiguous,
		"/realms/r/%2573cim/v2/Users":        ambiguous,
		"/realms/r/scim/v2%252fUsers":        ambiguous,
		"/realms/r%25252fscim/v2/Users":      ambiguous,
		"/realms/r/x/%252e%252e/scim/v2":     ambiguous,
		"/realms/r/scim%00/v2/Users":         ambiguous,
		"/realms/r/scim%0d%0a/v2/Users":      ambiguous,
		"/realms/r/scim%3f/v2/Users":         ambiguous,
		"/realms/r/scim%23/v2/Users":         ambiguous,
		"/realms/r/scim#/v2/Users":           ambiguous,
		"/realms/r%C0%AFscim/v2/Users":       ambiguous,
		"/realms/r\xc0\xafscim/v2/Users":     ambiguous,
		"/realms/r/scim%7f/v2/Users":         ambiguous,
		"/realms/r/scim%C2%85/v2/Users":      ambiguous,
		"http://x//realms/r/scim/v2/Users":   ambiguous,
		"http:realms/r/scim/v2/Users":        ambiguous,
		"x:%2frealms/r/scim/v2/Users":        ambiguous,
		"*":                                  ambiguous,
		"http://x":                           ambiguous,
		"/realms/r/x/..?/scim/v2/Users":      ambiguous,
		"/realms/r/protocol/..":              ambiguous,
		"/realms/r/protocol/%2e":             ambiguous,
		"/js/..;/realms/r/scim/v2/Users":     ambiguous,
		"/realms/r/x/..%2fscim/v2/Users":     ambiguous,
		"/realms/r/x/..%c0%afscim/v2/Users":  ambiguous,
		"/realms/r/&aadOptscim062020//scim/": ambiguous,
		// Denied paths.
		"/admin":                  denied,
		"/admin/":                 denied,
		"/admin?x=1":              denied,
		"/ADMIN":                  denied,
		"/aDmin/realms":           denied,
		"/%61dmin":                denied,
		"/%61%64%6D%69%6e/realms": denied,
		"/admin/%72ealms":         denied,
		"/metrics":                denied,
		"/health":                 denied,
		"/health/ready":           denied,
		"http://x/admin":          denied,
		"HTTP://x/Admin/realms":   denied,
		"http://u:p@x/metrics":    denied,
		"//admin/x":               ambiguous,
		"///admin":                ambiguous,
		"/admin;x":                ambiguous,
		"/admin%3Bx":              ambiguous,
		"/admin%00":               ambiguous,
		"/admin%2frealms":         ambiguous,
		"/admin%5crealms":         ambiguous,
		"/admin\\realms":          ambiguous,
		"/%2561dmin":              ambiguous,
		"/./admin":                ambiguous,
		"/x/../admin":             ambiguous,
		"/%2e/admin":              ambiguous,
		"/..;/admin":              ambiguous,
		"/admin%3fx":              ambiguous,
		"/admin#x":                ambiguous,
		"/admin%23x":              ambiguous,
		"/admin%09":               ambiguous,
		"http:admin/realms":       ambiguous,
		"http:%2fadmin/realms":    ambiguous,
	} {
		res, body := say(t, address, get(target))
		if res.StatusCode != want || !strings.Contains(body, fmt.Sprintf(`"urn:ietf:params:scim:api:messages:2.0:Error"],"status":"%d"`, want)) {
			t.Errorf("%s: %d %s, want %d", target, res.StatusCode, body, want)
		}
		if res.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", target)
		}
		if got := upstream.targets(); got != "" {
			t.Errorf("%s reached Keycloak as %s", target, got)
		}
	}
	for target, want := range map[string]string{
		"/": "/",
		"/realms/r/protocol/openid-connect/auth?redirect_uri=https%3A%2F%2Fapp%2F..%2F&x=%zz&a;b=&&=%2e": "",
		"/realms/r/login-actions/authenticate?session_code=a-_~.b&execution=//../":                       "",
		"/resources/abc12/login/keycloak.v2/css/styles.css":                                              "",
		"/.well-known/oauth-authorization-server/realms/r":                                               "",
		"/realms/r/.well-known/openid-configuration":                                                     "",
		"/administrator/x":               "",
		"/realms/r/admin":                "",
		"/realms/r/x/scim/v2":            "",
		"/realms/scim":                   "",
		"/healthy":                       "",
		"/scim/v2x":                      "",
		"/tenants/t":                     "",
		"/x?":                            "",
		"/x/":                            "",
		"/x?a?b?aadOptscim062020&c":      "",
		"/x&aadOptscim062020/y?z":        "",
		"/%41%2d%7E/%e4%b8%ad%20%40@+$":  "/A-~/%E4%B8%AD%20%40@+$",
		"/50%25":                         "",
		"/...":                           "",
		"/a..b/.c/d.":                    "",
		"http://x/realms/r/account?a=%2": "/realms/r/account?a=%2",
		"/realms/\u4e2d/account":         "/realms/%E4%B8%AD/account",
	} {
		if want == "" {
			want = target
		}
		res, _ := say(t, address, get(target))
		if got := upstream.targets(); res.StatusCode != 200 || got != want {
			t.Errorf("%s: %d, reached Keycloak as %q, want %q", target, res.StatusCode, got, want)
		}
	}
}

// A configured list replaces the default one. Keycloak's own SCIM API is never passed on.
func TestPassthroughDenyIsTheOperators(t *testing.T) {
	upstream := newRecorder(t)
	_, address, _ := passing(t, upstream.URL+"/auth", "dropIn: {enabled: true, passthrough: {deny: [/realms/Master, /x y]}}\n")
	for target, want := range map[string]struct {
		status int
		target string
	}{
		"/realms/master":           {403, ""},
		"/Realms/master/account":   {403, ""},
		"/x%20y/z":                 {403, ""},
		"/realms/masters":          {200, "/auth/realms/masters"},
		"/admin/realms":            {200, "/auth/admin/realms"},
		"/a%40b":                   {200, "/auth/a%40b"},
		"/realms/r/Scim/v2/Users":  {404, ""},
		"/realms/r//scim/v2/Users": {400, ""},
	} {
		res, body := say(t, address, get(target))
		if got := upstream.targets(); res.StatusCode != want.status || got != want.target {
			t.Errorf("%s: %d %s, reached Keycloak as %q", target, res.StatusCode, body, got)
		}
	}
}

// Without passthrough no path reaches Keycloak.
func TestNoPassthrough(t *testing.T) {
	upstream := newRecorder(t)
	_, address, _ := passing(t, upstream.URL, "dropIn: {enabled: true}\n")
	for _, target := range []string{"/", "/admin", "/realms/r", "/realms/r//scim/v2/Users", "http:admin", "/admin%00"} {
		if res, body := say(t, address, get(target)); res.StatusCode != 404 || upstream.targets() != "" {
			t.Errorf("%s: %d %s", target, res.StatusCode, body)
		}
	}
}

func TestPassthroughMethods(t *testing.T) {
	upstream := newRecorder(t)
	_, address, _ := passing(t, upstream.URL, "")
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		res, _ := say(t, address, request(method, "/x"))
		if got := upstream.take(); res.StatusCode != 200 || len(got) != 1 || got[0].Method != method {
			t.Errorf("%s: %d, %d reached Keycloak", method, res.StatusCode, len(got))
		}
	}
	for _, r := range []string{
		request("TRACE", "/x"), request("CONNECT", "sso.example:443"), request("CONNECT", "/realms/r"), request("PROPFIND", "/x"), request("get", "/x"),
		request("PRI", "*"), request("TRACK", "/x"), request("DEBUG", "/admin"), request("CONNECT", "/realms/r//scim/v2/Users"),
	} {
		res, body := say(t, address, r)
		if res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS" || !strings.Contains(body, "messages:2.0:Error") {
			t.Errorf("%q: %d %v %s", r, res.StatusCode, res.Header, body)
		}
	}
	// net/http answers these requests.
	for _, r := range []string{request("OPTIONS", "*")} {
		say(t, address, r)
	}
	if got := upstream.targets(); got != "" {
		t.Error(got)
	}
}
