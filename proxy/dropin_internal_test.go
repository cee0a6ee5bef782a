package proxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/zap"

	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/admission"
	"keycloak-scim-proxy/proxy/scim"
)

// fakeKeycloak answers the requests of package admission, counts them, and has a settable answer
// about credentials.
type fakeKeycloak struct {
	*httptest.Server
	t      *testing.T
	key    *ecdsa.PrivateKey
	status int // of the answer whether a credential may use the API
	calls  map[string]int
}

func newFakeKeycloak(t *testing.T) *fakeKeycloak {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	k := &fakeKeycloak{t: t, key: key, status: 200, calls: map[string]int{}}
	k.Server = httptest.NewServer(http.HandlerFunc(k.serve))
	t.Cleanup(k.Close)
	return k
}

func (k *fakeKeycloak) serve(w http.ResponseWriter, r *http.Request) {
	last := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	k.calls[last]++
	switch {
	case !strings.HasPrefix(r.URL.Path, "/realms/r/") && !strings.HasPrefix(r.URL.Path, "/admin/realms/r/"):
		w.WriteHeader(404)
	case last == "certs":
		private := jose.JSONWebKey{Key: k.key, KeyID: "k", Use: "sig"}
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{private.Public()}})
	case last == "openid-configuration":
		fmt.Fprintf(w, `{"issuer":%q}`, k.issuer())
	case last == "ServiceProviderConfig":
		w.WriteHeader(k.status)
		fmt.Fprintf(w, `{"schemas":[%q]}`, scim.ErrorURN)
	default:
		w.WriteHeader(403)
		fmt.Fprintf(w, `{"schemas":[%q],"status":"403"}`, scim.ErrorURN)
	}
}

func (k *fakeKeycloak) issuer() string { return k.URL + "/realms/r" }

// token returns a valid token of the realm.
func (k *fakeKeycloak) token(subject string, expires time.Time) string {
	k.t.Helper()
	return k.tokenOf(k.issuer(), subject, expires)
}

// tokenOf returns a token with an issuer, signed with the realm's key.
func (k *fakeKeycloak) tokenOf(issuer, subject string, expires time.Time) string {
	k.t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: k.key, KeyID: "k"}}, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	jws, err := s.Sign(fmt.Appendf(nil, `{"iss":%q,"sub":%q,"aud":%q,"exp":%d}`, issuer, subject, issuer+"/scim/v2", expires.Unix()))
	if err != nil {
		k.t.Fatal(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		k.t.Fatal(err)
	}
	return text
}

func (k *fakeKeycloak) proxy(now func() time.Time) *Proxy {
	k.t.Helper()
	p, err := New(config.DropInOnly(k.URL, filepath.Join(k.t.TempDir(), "store.db")), zap.NewNop())
	if err != nil {
		k.t.Fatal(err)
	}
	k.t.Cleanup(func() { _ = p.Close() })
	p.now = now
	return p
}

func (k *fakeKeycloak) asked() int { return k.calls["ServiceProviderConfig"] }

// requests has requests of a drop-in caller that the proxy could answer, at least in part, without
// Keycloak.
func dropInRequests() [][3]string {
	patch := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[]}`
	bulk := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"DELETE","path":"/Users/!!"}]}`
	return [][3]string{
		{"GET", "/Users?filter=id+eq+%22!!%22", ""},
		{"GET", "/Users?filter=externalId+eq+%22x%22", ""},
		{"GET", "/Users?filter=nosuch+eq+%22x%22", ""},
		{"GET", "/Users?cursor=x", ""},
		{"GET", "/Users/!!", ""},
		{"GET", "/Groups?filter=", ""},
		{"GET", "/ServiceProviderConfig", ""},
		{"GET", "/Schemas", ""},
		{"GET", "/ResourceTypes/User", ""},
		{"GET", "/Me", ""},
		{"GET", "/nosuch", ""},
		{"POST", "/Users", "broken"},
		{"POST", "/Users", `{"userName":""}`},
		{"POST", "/Users/.search", `{}`},
		{"POST", "/.search", `{"filter":"id eq \"!!\""}`},
		{"POST", "/Bulk", bulk},
		{"POST", "/Bulk", "broken"},
		{"PUT", "/Users/!!", `{}`},
		{"PATCH", "/Users/!!", patch},
		{"PATCH", "/Groups/!!", "broken"},
		{"DELETE", "/Users/!!", ""},
		{"TRACE", "/Users", ""},
	}
}

// A drop-in caller gets no answer without an answer of Keycloak to the same credential that is at
// most 30 s old.
func TestDropInAsksKeycloakFirst(t *testing.T) {
	k, clock := newFakeKeycloak(t), time.Now()
	h := k.proxy(func() time.Time { return clock }).Handler()
	ask := func(q [3]string, token string) int {
		r := httptest.NewRequest(q[0], "/realms/r/scim/v2"+q[1], strings.NewReader(q[2]))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for i, q := range dropInRequests() {
		k.status = 200
		token := k.token(fmt.Sprint("s", i), clock.Add(time.Hour))
		for _, at := range []struct {
			after time.Duration
			asks  int
		}{{0, 1}, {29 * time.Second, 0}, {time.Second, 1}} {
			clock = clock.Add(at.after)
			before := k.asked()
			if status := ask(q, token); status == 401 {
				t.Errorf("%v: %d", q, status)
			}
			if n := k.asked() - before; n != at.asks {
				t.Errorf("%v %s later: asked %d times, want %d", q, at.after, n, at.asks)
			}
		}
		clock = clock.Add(admission.Age)
		for _, k.status = range []int{401, 403, 404, 503, 500} {
			want := map[int]int{401: 401, 403: 403, 404: 404, 503: 503, 500: 502}[k.status]
			if status := ask(q, token); status != want {
				t.Errorf("%v: %d although Keycloak answers %d", q, status, k.status)
			}
			clock = clock.Add(admission.Age)
		}
	}
	k.status = 200
	token := k.token("s", clock.Add(time.Second))
	if status := ask(dropInRequests()[6], token); status != 200 {
		t.Errorf("%d", status)
	}
	clock = clock.Add(2 * time.Second)
	if status := ask(dropInRequests()[6], token); status != 401 {
		t.Errorf("an expired token is let in by an admission that is young: %d", status)
	}
}

// A caller without a token of the realm gets 401 without a call to Keycloak, except for one reading
// of the realm's keys. The number of unused realms that can be requested is bounded, and they do
// not stay in memory.
func TestStrangersCostNothing(t *testing.T) {
	k, other, clock := newFakeKeycloak(t), newFakeKeycloak(t), time.Now()
	p := k.proxy(func() time.Time { return clock })
	h := p.Handler()
	forged := *k
	forged.key = other.key
	total := func() (n int) {
		for _, c := range k.calls {
			n += c
		}
		return n
	}
	for _, q := range dropInRequests() {
		for _, token := range []string{"", "garbage", "a.b.c", forged.token("s", clock.Add(time.Hour)), k.token("s", clock.Add(-time.Hour))} {
			r := httptest.NewRequest(q[0], "/realms/r/scim/v2"+q[1], strings.NewReader(q[2]))
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != 401 || w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%v with %.20q: %d", q, token, w.Code)
			}
		}
	}
	if n := total(); n != 1 || k.calls["certs"] != 1 {
		t.Errorf("%d calls: %v", n, k.calls)
	}
	begun := total()
	for i := range 3 * admission.StrangeRealms {
		name := fmt.Sprint("no", i)
		issuer := k.URL + "/realms/" + name
		r := httptest.NewRequest("GET", "/realms/"+name+"/scim/v2/Users", nil)
		r.Header.Set("Authorization", "Bearer "+k.tokenOf(issuer, "s", clock.Add(time.Hour)))
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if n := total() - begun; n > admission.StrangeBurst+admission.StrangePerSecond*60 {
		t.Errorf("%d calls for realms that do not exist", n)
	}
}
