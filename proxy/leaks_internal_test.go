package proxy

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/prototext"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/tokens"
)

// texts are all spans as texts, with all that they have.
func (s *spans) texts() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all strings.Builder
	for _, one := range s.all {
		all.WriteString(prototext.Format(one))
	}
	return all.String()
}

// keycloakWithSecrets answers with secrets and personal data wherever Keycloak may have them.
func keycloakWithSecrets(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Set-Cookie", "KEYCLOAK_SESSION=leak-answer-cookie")
	switch {
	case strings.HasSuffix(r.URL.Path, "/token"):
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "x.eyJzdWIiOiJzIn0.leak-account-token", "expires_in": 60})
	case strings.HasSuffix(r.URL.Path, "/ServiceProviderConfig"):
	case strings.HasSuffix(r.URL.Path, "/users/profile"):
		_, _ = io.WriteString(w, `{"attributes":[{"name":"username"},{"name":"email"},{"name":"firstName"},{"name":"lastName"}]}`)
	case strings.Contains(r.URL.Path, "/scim/v2/"): // it repeats what it was sent
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"schemas":[%q],"status":"400","detail":%q}`, scim.ErrorURN, "leak-answer "+r.URL.RawQuery+string(body))
	default:
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"error":"leak-answer-error"}`)
	}
}

// No secret and nothing personal of a request, and none of Keycloak's answers, is in a log line, a
// metric or a span, wherever it is sent. Paths are in the log, and in nothing else.
func TestNothingLeaks(t *testing.T) {
	receiver := traced(t)
	upstream := newRecorder(t)
	upstream.answer = keycloakWithSecrets
	dir := t.TempDir()
	secret, err := tokens.Mint(rand.Reader, "acme", "k1")
	if err != nil {
		t.Fatal(err)
	}
	sum := secret.SHA256()
	file := filepath.Join(dir, "acme.yaml")
	text := fmt.Sprintf("tenant: acme\nrealm: acme\nserviceAccount: {clientID: c, secretEnv: LEAK_SECRET}\ntokens: [{id: k1, sha256: %q, expires: %q}]\n",
		hex.EncodeToString(sum[:]), time.Now().Add(48*time.Hour).Format(time.DateOnly))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LEAK_SECRET", "leak-account-secret")
	p, address, log := passing(t, upstream.URL, fmt.Sprintf("tenantsDir: %q\nlog: {level: debug}\ntrustedProxies: [127.0.0.1/32]\ndropIn: {enabled: true, passthrough: {}}\n", dir))
	asked := 0
	send := func(method, target, token, body string) {
		t.Helper()
		asked++
		status, _ := say(t, address, request(method, target,
			"Authorization: "+token, "Cookie: session=leak-cookie", "Content-Type: application/scim+json", "Baggage: user=leak-baggage",
			"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Tracestate: vendor=1", "X-Request-Id: leak@id",
			"If-Match: leak-version", "Referer: http://leak-referrer", "X-Forwarded-For: 192.0.2.77, leak-forwarded", "User-Agent: leak-agent",
			fmt.Sprintf("Content-Length: %d", len(body)))+body)
		t.Log(method, target, status.StatusCode)
	}
	own := "Bearer " + secret.Reveal()
	const user = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"leak-name@example.com","password":"leak-password","emails":[{"value":"leak-mail@example.com"}]`
	const patch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":%q,"value":"leak-value"}]}`
	filter := "filter=" + strings.ReplaceAll(`userName eq "leak-filter@example.com"`, " ", "%20")
	for _, base := range []string{"/scim/v2", "/tenants/acme/scim/v2", "/realms/acme/scim/v2"} {
		for _, token := range []string{own, "Bearer leak-bearer", "Basic bGVhay1iYXNpYw==", "Bearer leak.jwt.leak"} {
			send("GET", base+"/Users?"+filter+"&access_token=leak-query", token, "")
			send("GET", base+"/Users?filter=leak-broken&attributes=leak-attribute&sortBy=leak-sort", token, "")
			for _, wrong := range []string{`userName%20eq%20"leak-open`, `userName%20zz%20"leak-op"`, `emails[type%20eq%20"leak-in"]%20and`, `active%20gt%20"leak-kind"`, `leak-name%20eq%20x`} {
				send("GET", base+"/Users?filter="+wrong+"&count=leak-count", token, "")
				send("GET", base+"/Users?filter="+wrong, token, "")
			}
			send("GET", base+"/Users?count=leak-count&startIndex=leak-start&cursor=leak-cursor", token, "")
			send("GET", base+"/Users?cursor=leak-cursor", token, "")
			send("GET", base+"/Users/leak-path", token, "")
			send("POST", base+"/Users", token, strings.Replace("{"+user+"}", `"emails":[`, `"active":"leak-active","name":"leak-text","emails":["leak-element",`, 1))
			send("PATCH", base+"/Users/leak-path", token, fmt.Sprintf(patch, "active"))
			send("PATCH", base+"/Users/leak-path", token, fmt.Sprintf(patch, "emails[value eq \"leak-open].x"))
			send("PATCH", base+"/Users/leak-path", token, strings.Replace(fmt.Sprintf(patch, "active"), "Replace", "leak-op", 1))
			send("POST", base+"/Users", token, "leak-text")
			send("POST", base+"/Users", token, "{"+user+"}")
			send("POST", base+"/Users", token, "{"+user+",leak-broken-body")
			send("POST", base+"/Users/.search", token, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName eq \"leak-search\""}`)
			send("PATCH", base+"/Users/leak-path", token, fmt.Sprintf(patch, "name.familyName"))
			send("PATCH", base+"/Users/leak-path", token, fmt.Sprintf(patch, `emails[value eq "leak-patch-filter"].display`))
			send("PUT", base+"/Users/leak-path", token, "{"+user+"}")
			send("DELETE", base+"/Users/leak-path", token, "")
			send("POST", base+"/Bulk", token, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"POST","path":"/Users","bulkId":"leak-bulk","data":{`+user+`}}]}`)
		}
	}
	send("POST", "/realms/leak-path/login-actions/authenticate?session_code=leak-code", "Bearer leak-bearer", "username=leak-user&password=leak-password")
	send("GET", "/admin/realms/acme/users?username=leak-admin-query", "Bearer leak-bearer", "")
	var lines strings.Builder
	for n := 0; n < asked; {
		line := <-log
		lines.WriteString(line)
		if strings.Contains(line, `"msg":"request"`) {
			n++
		}
	}
	shown := metrics(t, p)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"the log":     strings.ReplaceAll(lines.String(), "leak-path", ""),
		"the metrics": shown,
		"the spans":   receiver.texts(),
	} {
		for line := range strings.Lines(text) {
			if strings.Contains(line, "leak") {
				t.Errorf("%s: %s", name, line)
			}
		}
		for _, one := range []string{secret.Reveal(), "eyJzdWIiOiJzIn0", "bGVhay1iYXNpYw"} {
			if strings.Contains(text, one) {
				t.Errorf("%s have a token", name)
			}
		}
		if !strings.Contains(text, "acme") {
			t.Errorf("%s have nothing of the requests: %s", name, text)
		}
	}
}
