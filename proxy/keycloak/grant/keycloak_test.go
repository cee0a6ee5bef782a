package grant_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/clientkey"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/grant"
	"keycloak-scim-proxy/test/kctest"
)

func TestMain(m *testing.M) { kctest.Main(m) }

// site is a realm with a client that signs.
type site struct {
	*kctest.Realm
	t      *testing.T
	client *keycloak.Client
}

func newSite(t *testing.T) *site {
	r := kctest.NewRealm(t)
	return &site{r, t, keycloak.NewClient(r.Server.URL, http.DefaultTransport, time.Minute, 4)}
}

// make makes a client with attributes.
func (s *site) make(id string, attributes map[string]string) {
	s.t.Helper()
	b, err := json.Marshal(map[string]any{"clientId": id, "publicClient": false, "serviceAccountsEnabled": true, "standardFlowEnabled": false, "clientAuthenticatorType": "client-jwt", "attributes": attributes})
	if err != nil {
		s.t.Fatal(err)
	}
	if a := s.Admin("POST", "/clients", string(b)); a.Status != 201 {
		s.t.Fatalf("%d %s", a.Status, a.Body)
	}
}

// cause asks for a token of a client, and returns the cause of the fault, "" for a token.
func (s *site) cause(id string, key clientkey.Key, ahead time.Duration) fault.Cause {
	s.t.Helper()
	m := grant.Key(func() (clientkey.Key, error) { return key, nil }, rand.Text)
	_, err := keycloak.NewAccountBy(m, s.client, s.Name, id, func() time.Time { return time.Now().Add(ahead) }).Token(s.t.Context())
	if err == nil {
		return ""
	}
	f, ok := fault.In(err)
	if !ok {
		s.t.Fatalf("%s: %v", id, err)
	}
	return f.Cause
}

func published(t *testing.T, k clientkey.Key) map[string]string {
	t.Helper()
	set, err := clientkey.JWKS(k)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{"use.jwks.string": "true", "jwks.string": set, "token.endpoint.auth.signing.alg": k.Algorithm()}
}

func newKey(t *testing.T, alg string) clientkey.Key {
	t.Helper()
	k, err := clientkey.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A client signs with each algorithm, and Keycloak has its public key as a set, a certificate or a
// bare key. Every other key is refused, and a clock that differs is called by its name.
func TestClientThatSigns(t *testing.T) {
	s := newSite(t)
	for _, alg := range []string{clientkey.RS256, clientkey.ES256, clientkey.EdDSA} {
		key, other := newKey(t, alg), newKey(t, alg)
		s.make(alg, published(t, key))
		der, info := certificate(t, key)
		s.make(alg+"-certificate", map[string]string{"jwt.credential.certificate": der, "token.endpoint.auth.signing.alg": alg})
		s.make(alg+"-public", map[string]string{"jwt.credential.public.key": info, "token.endpoint.auth.signing.alg": alg})
		for _, form := range []string{"", "-certificate", "-public"} {
			if cause := s.cause(alg+form, key, 0); cause != "" {
				t.Errorf("%s%s: %s", alg, form, cause)
			}
			if cause := s.cause(alg+form, other, 0); cause != fault.Key {
				t.Errorf("%s%s with another key: %q", alg, form, cause)
			}
		}
		for ahead, want := range map[time.Duration]fault.Cause{30 * time.Second: "", -35 * time.Second: "", 5 * time.Minute: fault.Clock, -5 * time.Minute: fault.Clock, -50 * time.Second: fault.Clock} {
			if cause := s.cause(alg, key, ahead); cause != want {
				t.Errorf("%s: %s ahead: %q, want %q", alg, ahead, cause, want)
			}
		}
	}
	key := newKey(t, clientkey.ES256)
	wrong := published(t, key)
	wrong["token.endpoint.auth.signing.alg"] = clientkey.RS256
	s.make("other-algorithm", wrong)
	s.make("no-key", nil)
	secret := s.ServiceAccount("secret")
	for id, want := range map[string]fault.Cause{"other-algorithm": fault.Key, "no-key": fault.Key, "secret": fault.Key, "nobody": fault.Client} {
		if cause := s.cause(id, key, 0); cause != want {
			t.Errorf("%s: %q, want %q", id, cause, want)
		}
	}
	s.Realm.Token("secret", secret) // the client works by its own method
	s.Admin("PUT", "", `{"enabled":false}`)
	if cause := s.cause(clientkey.ES256, key, 0); cause != fault.Realm {
		t.Errorf("a disabled realm: %q", cause)
	}
	s.Name = "nosuch"
	if cause := s.cause(clientkey.ES256, key, 0); cause != fault.Realm {
		t.Errorf("no realm: %q", cause)
	}
}

// certificate makes one for a key, and its public key, as clients in Keycloak have them.
func certificate(t *testing.T, k clientkey.Key) (der, info string) {
	t.Helper()
	text, err := k.PEM()
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	signer, ok := private.(crypto.Signer)
	if err != nil || !ok {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "scim"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	made, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(public); base64.RawURLEncoding.EncodeToString(sum[:]) != k.ID() {
		t.Errorf("the id %s", k.ID())
	}
	return base64.StdEncoding.EncodeToString(made), base64.StdEncoding.EncodeToString(public)
}

// An assertion that was seen on its way is worth nothing: it was used, and the next one is another.
func TestAssertionIsUsedOnce(t *testing.T) {
	s := newSite(t)
	key := newKey(t, clientkey.ES256)
	s.make("acme", published(t, key))
	m := grant.Key(func() (clientkey.Key, error) { return key, nil }, rand.Text)
	form, _, err := m.Form(t.Context(), grant.Client{ID: "acme", Now: time.Now(), Issuer: func(ctx context.Context) (string, error) { return s.client.Issuer(ctx, s.Name) }})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"200", "400 Token reuse detected"} {
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.Server.URL+"/realms/"+s.Name+"/protocol/openid-connect/token", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		a := s.Do(req)
		var said struct {
			Description string `json:"error_description"`
		}
		_ = json.Unmarshal(a.Body, &said)
		if got := strings.TrimSpace(fmt.Sprint(a.Status, " ", said.Description)); got != want {
			t.Errorf("use %d: %s, want %s", i+1, got, want)
		}
	}
}
