package fault_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/scim"
)

const scimError = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"%d","detail":"%s"}`

// Answers of the token endpoint of 26.7.3, and what may pass by itself.
func TestOfToken(t *testing.T) {
	credentials := "Invalid client or Invalid client credentials"
	oauth := func(code, description string) string {
		return fmt.Sprintf(`{"error":%q,"error_description":%q}`, code, description)
	}
	for _, row := range []struct {
		name   string
		status int
		body   string
		want   fault.Cause
	}{
		{"wrong secret", 401, oauth("unauthorized_client", credentials), fault.Secret},
		{"unknown client", 401, oauth("invalid_client", credentials), fault.Client},
		{"no service account", 401, oauth("unauthorized_client", "Client not enabled to retrieve service account"), fault.Client},
		{"public client", 401, oauth("unauthorized_client", "Public client not allowed to retrieve service account"), fault.Client},
		{"disabled service account", 401, oauth("invalid_request", "User 'service-account-a' disabled"), fault.Client},
		{"client that signs", 400, oauth("invalid_client", "Parameter client_assertion_type is missing"), fault.Client},
		{"disabled realm", 403, oauth("access_denied", "Realm not enabled"), fault.Realm},
		{"unknown realm", 404, `{"error":"Realm does not exist"}`, fault.Realm},
		{"wrong path", 404, `{"error":"Unable to find matching target resource method"}`, fault.URL},
		{"below a realm", 404, `{"error":"HTTP 404 Not Found"}`, fault.URL},
		{"another server", 404, `<html><body><h1>Resource not found</h1></body></html>`, fault.URL},
		{"a port with TLS", 400, "Client sent an HTTP request to an HTTPS server.\n", fault.URL},
		{"plain HTTP from outside", 403, oauth("invalid_request", "HTTPS required"), fault.URL},
		{"starting", 503, ``, ""},
		{"broken", 500, oauth("unknown_error", "For more on this error consult the server log."), ""},
		{"a gateway", 502, `<html></html>`, ""},
		{"too many", 429, ``, ""},
		{"slow", 408, ``, ""},
	} {
		if got := fault.OfToken(row.status, []byte(row.body)); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

// Refusals of a signed assertion by the token endpoint of 26.7.3.
func TestOfAssertion(t *testing.T) {
	const client = "invalid_client"
	for _, row := range []struct {
		status            int
		code, description string
		want              fault.Cause
	}{
		{400, client, "Unable to load public key", fault.Key},
		{400, client, "Invalid signature algorithm", fault.Key},
		{400, client, "Client authentication with signed JWT failed: Signature on JWT token failed validation", fault.Key},
		{400, client, "Client authentication with signed JWT failed: Error when loading public keys: …", fault.Key},
		{401, "unauthorized_client", "Invalid client or Invalid client credentials", fault.Key}, // a client with a secret
		{401, client, "Invalid client or Invalid client credentials", fault.Client},             // no client, or disabled
		{401, "unauthorized_client", "Client not enabled to retrieve service account", fault.Client},
		{400, client, "Token is not active", fault.Clock},
		{400, client, "Token was issued in the future", fault.Clock},
		{400, client, "Token was issued too far in the past to be used now", fault.Clock},
		{400, client, "Token reuse detected", ""},
		{400, client, "Invalid token audience", ""},
		{404, "Realm does not exist", "", fault.Realm},
		{403, "access_denied", "Realm not enabled", fault.Realm},
		{503, "", "", ""},
	} {
		if got := fault.OfAssertion(row.status, fmt.Appendf(nil, `{"error":%q,"error_description":%q}`, row.code, row.description)); got != row.want {
			t.Errorf("%d %s: %q, want %q", row.status, row.description, got, row.want)
		}
	}
}

// Answers to the account's token. Answers about a resource are not faults.
func TestOfAPI(t *testing.T) {
	for _, row := range []struct {
		name   string
		status int
		api    bool
		body   string
		want   fault.Cause
	}{
		{"no audience", 401, true, fmt.Sprintf(scimError, 401, "Invalid token audience"), fault.Audience},
		{"refused token", 401, true, fmt.Sprintf(scimError, 401, "Bearer token required"), fault.Token},
		{"refused token, Admin REST", 401, false, `{"error":"HTTP 401 Unauthorized"}`, fault.Token},
		{"switched off", 404, true, `{"error":"HTTP 404 Not Found"}`, fault.SCIM},
		{"the same, Admin REST", 404, false, `{"error":"HTTP 404 Not Found"}`, ""},
		{"no realm", 404, true, `{"error":"Realm does not exist"}`, fault.Realm},
		{"no realm, Admin REST", 404, false, `{"error":"Realm not found."}`, fault.Realm},
		{"wrong path", 404, true, `{"error":"Unable to find matching target resource method"}`, fault.URL},
		{"something before Keycloak", 404, true, `<html>404</html>`, fault.URL},
		{"no resource", 404, true, fmt.Sprintf(scimError, 404, "Resource not found with id 1"), ""},
		{"no user, Admin REST", 404, false, `{"error":"User not found"}`, ""},
		{"not allowed", 403, true, fmt.Sprintf(scimError, 403, ""), ""},
		{"refused value", 400, true, fmt.Sprintf(scimError, 400, "Please specify lastName."), ""},
		{"broken", 500, true, ``, ""},
	} {
		if got := fault.OfAPI(row.status, row.api, []byte(row.body)); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func TestOfConnection(t *testing.T) {
	for _, row := range []struct {
		err  error
		want fault.Cause
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "k", IsNotFound: true}}, fault.URL},
		{&tls.CertificateVerificationError{Err: errors.New("unknown authority")}, fault.URL},
		{tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, fault.URL},
		{http.ErrSchemeMismatch, fault.URL},
		{errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP response "\x15\x03\x01"`), fault.URL},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", Name: "k", IsTemporary: true}}, ""},
		{&net.OpError{Op: "dial", Err: errors.New("connection refused")}, ""},
		{errors.New("EOF"), ""},
	} {
		if got := fault.OfConnection(fmt.Errorf("token: %w", row.err)); got != row.want {
			t.Errorf("%v: %q, want %q", row.err, got, row.want)
		}
	}
}

// Each cause says what is wrong and what to do, with the names of the place; the answer to the
// caller says who must act, has no names, and does not promise that waiting helps.
func TestTexts(t *testing.T) {
	at := fault.Place{URL: "http://keycloak:8180", Realm: "acme-realm", Client: "scim-acme", Audience: "http://issuer/scim/v2"}
	for _, c := range []fault.Cause{
		fault.URL, fault.Realm, fault.Client, fault.Secret, fault.Key, fault.Clock, fault.Token, fault.Audience, fault.SCIM, fault.Feature, fault.Switch, fault.Role, fault.Group, fault.Organization, fault.Address, fault.Shared, fault.Excess, fault.Profile, fault.Annotations, fault.Attributes,
	} {
		f := &fault.Fault{Cause: c, At: at, Said: "the answer"}
		e := scim.AsError(f.Answer())
		if f.Wrong() == "" || f.Remedy() == "" || strings.ContainsAny(f.Error(), "{}") || !strings.HasSuffix(f.Error(), "(the answer)") {
			t.Errorf("%s: %s", c, f.Error())
		}
		if e.Status != 500 || e.RetryAfter != 0 || !strings.Contains(e.Detail, "must act") || strings.Contains(e.Detail, "try again") {
			t.Errorf("%s: %+v", c, e)
		}
		for _, name := range []string{at.URL, at.Realm, at.Client, at.Audience, "the answer"} {
			if strings.Contains(e.Detail, name) {
				t.Errorf("%s tells the caller %s: %s", c, name, e.Detail)
			}
		}
		if got, ok := fault.In(fmt.Errorf("above: %w", e)); !ok || got != f {
			t.Errorf("%s is not found in its answer", c)
		}
	}
}

// The text for the log leaves out the detail of a SCIM error, which may repeat a value.
func TestSaid(t *testing.T) {
	for body, want := range map[string]string{
		`{"schemas":["x"],"scimType":"invalidFilter","detail":"userName eq \"ada\""}`: "400: invalidFilter",
		`{"error":"invalid_client","error_description":"Bearer-only not allowed"}`:    "400: invalid_client: Bearer-only not allowed",
		`{"error":"` + strings.Repeat("x", 1000) + `"}`:                               "400: " + strings.Repeat("x", 63) + "…",
		`<html>`: "400", ``: "400",
	} {
		if got := fault.Said(400, []byte(body)); got != want {
			t.Errorf("%.60s: %q, want %q", body, got, want)
		}
	}
}

func TestSCIMFeature(t *testing.T) {
	for body, want := range map[string][2]bool{
		`{"features":[{"name":"SCRIPTS","enabled":false},{"name":"SCIM_API","enabled":true}]}`: {true, true},
		`{"features":[{"name":"SCIM_API","enabled":false}]}`:                                   {false, true},
		`{"features":[]}`: {false, false}, `{"error":"HTTP 403 Forbidden"}`: {false, false}, ``: {false, false},
	} {
		if on, known := fault.SCIMFeature([]byte(body)); on != want[0] || known != want[1] {
			t.Errorf("%s: %t %t", body, on, known)
		}
	}
}
