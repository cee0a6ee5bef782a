package clientkey_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"keycloak-scim-proxy/proxy/keycloak/clientkey"
)

func generate(t *testing.T, alg string) clientkey.Key {
	t.Helper()
	k, err := clientkey.Generate(alg)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A key survives its file, and its id is the one that Keycloak computes of the public key.
func TestFile(t *testing.T) {
	for _, alg := range []string{clientkey.RS256, clientkey.ES256, clientkey.EdDSA} {
		k := generate(t, alg)
		text, err := k.PEM()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(file, append([]byte("\n"), text...), 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := clientkey.Read(file)
		if err != nil || again.ID() != k.ID() || again.Algorithm() != alg {
			t.Errorf("%s: %v, %s became %s %s", alg, err, k.ID(), again.ID(), again.Algorithm())
		}
		set, err := clientkey.JWKS(k)
		if err != nil {
			t.Fatal(err)
		}
		var public jose.JSONWebKeySet
		if err := json.Unmarshal([]byte(set), &public); err != nil || len(public.Keys) != 1 || !public.Keys[0].IsPublic() || public.Keys[0].KeyID != k.ID() || public.Keys[0].Algorithm != alg {
			t.Fatalf("%s: %v %s", alg, err, set)
		}
		info, err := x509.MarshalPKIXPublicKey(public.Keys[0].Key)
		if sum := sha256.Sum256(info); err != nil || base64.RawURLEncoding.EncodeToString(sum[:]) != k.ID() {
			t.Errorf("%s: %v: the id is not that of the public key", alg, err)
		}
	}
	if _, err := clientkey.Generate("HS256"); err == nil {
		t.Error("a key for HS256 is made")
	}
	if set, err := clientkey.JWKS(); set != `{"keys":[]}` || err != nil {
		t.Error(set, err)
	}
}

func pkcs8(t *testing.T, key any, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func TestParse(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	jwk := func(key any, id, alg, use string) string {
		b, err := json.Marshal(jose.JSONWebKey{Key: key, KeyID: id, Algorithm: alg, Use: use})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	old, err := x509.MarshalECPrivateKey(ec)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GODEBUG", "rsa1024min=0")
	small, smallErr := rsa.GenerateKey(rand.Reader, 1024)
	wide, wideErr := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	for name, row := range map[string]struct {
		text, id string
		err      error
	}{
		"PEM":                    {pkcs8(t, ec, nil), "", nil},
		"JWK":                    {jwk(ec, "", "", ""), "", nil},
		"JWK with an id":         {jwk(ec, "acme-1", "ES256", "sig"), "acme-1", nil},
		"public":                 {jwk(ec.Public(), "a", "", ""), "", clientkey.ErrForm},
		"symmetric":              {jwk([]byte("0123456789abcdef0123456789abcdef"), "a", "", ""), "", clientkey.ErrForm},
		"set":                    {`{"keys":[` + jwk(ec, "", "", "") + `]}`, "", clientkey.ErrForm},
		"another algorithm":      {jwk(ec, "", "ES512", ""), "", clientkey.ErrAlg},
		"for encryption":         {jwk(ec, "", "", "enc"), "", clientkey.ErrAlg},
		"small":                  {pkcs8(t, small, smallErr), "", clientkey.ErrKind},
		"P-384":                  {pkcs8(t, wide, wideErr), "", clientkey.ErrKind},
		"older PEM":              {string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: old})), "", clientkey.ErrForm},
		"encrypted":              {string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: old})), "", clientkey.ErrForm},
		"PEM with another thing": {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("hunter2")})), "", clientkey.ErrForm},
		"secret":                 {"hunter2", "", clientkey.ErrForm},
		"JSON":                   {`{"kty":"hunter2"}`, "", clientkey.ErrForm},
		"empty":                  {"", "", clientkey.ErrForm},
	} {
		k, err := clientkey.Parse([]byte(row.text))
		if !errors.Is(err, row.err) || err == nil && row.id != "" && k.ID() != row.id || err == nil && len(k.ID()) == 0 {
			t.Errorf("%s: %v %q, want %v %q", name, err, k.ID(), row.err, row.id)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error has the text: %v", name, err)
		}
	}
	if _, err := clientkey.Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// An assertion is verified with the public set, and has the claims that Keycloak asks for.
func TestSign(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	for _, alg := range []string{clientkey.RS256, clientkey.ES256, clientkey.EdDSA} {
		k := generate(t, alg)
		text, err := k.Sign(clientkey.Assertion{Client: "scim-acme", Audience: "https://issuer", ID: "1", At: at})
		if err != nil {
			t.Fatal(err)
		}
		set, err := clientkey.JWKS(generate(t, alg), k)
		if err != nil {
			t.Fatal(err)
		}
		var public jose.JSONWebKeySet
		if err := json.Unmarshal([]byte(set), &public); err != nil {
			t.Fatal(err)
		}
		jws, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
		if err != nil {
			t.Fatal(err)
		}
		found := public.Key(jws.Signatures[0].Header.KeyID)
		if len(found) != 1 {
			t.Fatalf("%s: the kid %q names %d keys", alg, jws.Signatures[0].Header.KeyID, len(found))
		}
		claims, err := jws.Verify(found[0])
		if want := `{"aud":"https://issuer","exp":1800000060,"iat":1799999980,"iss":"scim-acme","jti":"1","sub":"scim-acme"}`; err != nil || string(claims) != want {
			t.Errorf("%s: %v %s", alg, err, claims)
		}
	}
}

// A key is never shown.
func TestHidden(t *testing.T) {
	k := generate(t, clientkey.ES256)
	b, err := json.Marshal(map[string]any{"k": k, "p": &k})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v %d %x %s", k, k, k, k, k, &k), string(b)} {
		if rest := strings.ReplaceAll(strings.ReplaceAll(shown, "<key>", ""), `\u003ckey\u003e`, ""); strings.Trim(rest, ` {}"kp:,`) != "" {
			t.Error(shown)
		}
	}
}
