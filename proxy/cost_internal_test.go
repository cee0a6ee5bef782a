package proxy

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/tokens"
)

// BenchUser is a user of about 1 KB, with every attribute that Entra maps by default.
const BenchUser = `{
  "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
  "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "userName": "ada.%[1]d@example.com", "active": %[2]s,
  "displayName": "Ada Lovelace", "title": "Analyst", "preferredLanguage": "en-GB",
  "name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
  "emails": [{"Primary": %[2]s, "type": "work", "value": "ada.%[1]d@example.com"}],
  "phoneNumbers": [{"type": "work", "value": "+44 20 7946 0958"}, {"type": "mobile", "value": "+44 7700 900982"}],
  "addresses": [{"type": "work", "formatted": "12 St James's Square", "streetAddress": "12 St James's Square",
    "locality": "London", "region": "London", "postalCode": "SW1Y 4LB", "country": "GB"}],
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "701984", "department": "Engines",
    "manager": {"value": "26118915-6090-4610-87e4-49d8ca9f808d"}}
}`

// instant is a Keycloak in memory that answers without delay and without a connection. Its users
// are what Keycloak shows of BenchUser.
type instant struct {
	mu    sync.Mutex
	users []*shownUser
}

// shownUser is a user, with the JSON that Keycloak shows.
type shownUser struct{ given, family, address, text string }

func (u *shownUser) render(i int) {
	u.text = fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
		`"id":"%036d","meta":{"resourceType":"User","created":"2026-01-01T00:00:00Z","lastModified":"2026-01-01T00:00:00Z",`+
		`"location":"http://keycloak/realms/acme/scim/v2/Users/%036d"},"userName":"%s","name":{"formatted":"%s %s","familyName":"%s","givenName":"%s"},`+
		`"emails":[{"value":"%s","type":"work","primary":true}],"active":true,"groups":[],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{}}}`,
		i, i, u.address, u.given, u.family, u.family, u.given, u.address)
}

// RoundTrip answers a request.
func (k *instant) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	var b bytes.Buffer
	status := k.answer(&b, r.Method, r.URL.Path, body)
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/scim+json"}}, Body: io.NopCloser(&b), ContentLength: int64(b.Len()),
	}, nil
}

func (k *instant) answer(b *bytes.Buffer, method, path string, body []byte) int {
	_, id, one := strings.Cut(path, "/Users/")
	i := 0
	_, _ = fmt.Sscan(strings.TrimLeft(id, "0"), &i)
	switch {
	case strings.HasSuffix(path, "/token"):
		b.WriteString(`{"access_token":"x.eyJzdWIiOiJzIn0.x","expires_in":3600}`)
	case strings.HasSuffix(path, "/users/profile"):
		b.WriteString(`{"attributes":[{"name":"username"},{"name":"email"},{"name":"firstName"},{"name":"lastName"}]}`)
	case !strings.Contains(path, "/scim/v2/Users"):
		return http.StatusForbidden
	case method == http.MethodPost:
		var given struct {
			Name struct{ GivenName, FamilyName string }
			User string `json:"userName"`
		}
		_ = json.Unmarshal(body, &given)
		u := &shownUser{given: given.Name.GivenName, family: given.Name.FamilyName, address: given.User}
		u.render(len(k.users))
		k.users = append(k.users, u)
		b.WriteString(u.text)
		return http.StatusCreated
	case !one:
		page := k.users[:min(len(k.users), 100)]
		fmt.Fprintf(b, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":%d,"startIndex":1,"itemsPerPage":%d,"Resources":[`, len(page), len(page))
		for i, u := range page {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(u.text)
		}
		b.WriteString("]}")
	case method == http.MethodPatch:
		var patch struct {
			Operations []struct{ Path, Value string }
		}
		_ = json.Unmarshal(body, &patch)
		for _, op := range patch.Operations {
			switch op.Path {
			case "name.givenName":
				k.users[i].given = op.Value
			case "name.familyName":
				k.users[i].family = op.Value
			}
		}
		k.users[i].render(i)
		fallthrough
	default:
		b.WriteString(k.users[i].text)
	}
	return http.StatusOK
}

// unlimited is a rate that no test reaches.
var unlimited = config.Rate{RequestsPerSecond: 1e6, Burst: 1e6, Concurrency: 1e6}

// bench is a proxy with a tenant of Entra's, over an instant Keycloak with users.
type bench struct {
	handler  http.Handler
	proxy    *Proxy
	keycloak *instant
	token    string
}

func newBench(t testing.TB, users int) *bench {
	t.Helper()
	cfg := config.DropInOnly("memory://keycloak", filepath.Join(t.TempDir(), "store.db"))
	cfg.Limits.Rate = unlimited
	t.Setenv("ACCOUNT_SECRET", "s")
	token, err := tokens.Mint(rand.Reader, "acme", "k1")
	if err != nil {
		t.Fatal(err)
	}
	sum := token.SHA256()
	tenant := config.DefaultTenant()
	tenant.Tenant, tenant.Realm, tenant.IDP, tenant.ServiceAccount.SecretEnv = "acme", "acme", "entra", "ACCOUNT_SECRET"
	tenant.Tokens = []config.Token{{ID: "k1", SHA256: hex.EncodeToString(sum[:]), Expires: config.Date{Time: time.Now().Add(time.Hour)}}}
	cfg.Tenants = append(cfg.Tenants, tenant)
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel))
	b := &bench{keycloak: &instant{}, token: token.Reveal()}
	to := &http.Transport{}
	to.RegisterProtocol("memory", b.keycloak)
	p, err := over(to, cfg, log, Version("1.2.3"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	b.proxy, b.handler = p, p.Handler()
	for i := range users {
		b.send(t, http.StatusCreated, http.MethodPost, "/Users", fmt.Sprintf(BenchUser, i, `"True"`))
	}
	return b
}

// send sends a request and returns the body of the answer.
func (b *bench) send(t testing.TB, status int, method, path, body string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+b.token)
	r.Header.Set("Content-Type", "application/scim+json")
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	if w.Code != status {
		t.Fatal(method, path, w.Code, w.Body)
	}
	return w.Body.String()
}

const benchID = "/Users/000000000000000000000000000000000000"

// entraPatch is a PATCH as Entra sends it, with as many operations as values.
func entraPatch(values ...string) string {
	text := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
	for i, path := range []string{"name.givenName", "name.familyName", "displayName"}[:len(values)] {
		text += strings.Repeat(",", min(i, 1)) + fmt.Sprintf(`{"op":"Replace","path":"%s","value":"%s"}`, path, values[i])
	}
	return text + "]}"
}

// requests are the requests whose costs are measured; i differs for each.
var requests = map[string]func(t testing.TB, b *bench, i int){
	"get": func(t testing.TB, b *bench, _ int) { b.send(t, 200, "GET", benchID, "") },
	"patch": func(t testing.TB, b *bench, i int) {
		b.send(t, 200, "PATCH", benchID, entraPatch(fmt.Sprint("Ada", i%2)))
	},
	"patch 3": func(t testing.TB, b *bench, i int) {
		b.send(t, 200, "PATCH", benchID, entraPatch(fmt.Sprint("Ada", i%2), fmt.Sprint("Byron", i%2), fmt.Sprint("Ada Byron", i%2)))
	},
	"post": func(t testing.TB, b *bench, i int) {
		b.send(t, 201, "POST", "/Users", fmt.Sprintf(BenchUser, 1000+i, `"True"`))
	},
	"page": func(t testing.TB, b *bench, _ int) { b.send(t, 200, "GET", "/Users?count=100", "") },
}

// A request makes at most this many allocations, with its requests to Keycloak and without
// connections. If a change lowers a number, lower the bound. The race detector drops pooled objects
// at random, which adds up to 60.
func TestAllocations(t *testing.T) {
	b := newBench(t, 100)
	for name, most := range map[string]float64{"get": 355, "patch": 2030, "patch 3": 2200, "post": 1930, "page": 11_500} {
		i := 0
		got := testing.AllocsPerRun(20, func() {
			requests[name](t, b, i)
			i++
		})
		t.Logf("%-8s %6.0f", name, got)
		if got > most {
			t.Errorf("%s: %.0f allocations, at most %.0f", name, got, most)
		}
	}
}
