package clientkey_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"keycloak-scim-proxy/proxy/keycloak/clientkey"
)

// A signature is good for its content and its key only, whatever form the public key has.
func TestDetached(t *testing.T) {
	for _, alg := range []string{clientkey.RS256, clientkey.ES256, clientkey.EdDSA} {
		k, err := clientkey.Generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		other, err := clientkey.Generate(alg)
		if err != nil {
			t.Fatal(err)
		}
		signature, err := k.Detached([]byte("report"))
		if err != nil || strings.Count(signature, "..") != 1 {
			t.Fatal(signature, err)
		}
		set, err := clientkey.JWKS(k)
		if err != nil {
			t.Fatal(err)
		}
		others, err := clientkey.JWKS(other)
		if err != nil {
			t.Fatal(err)
		}
		private, err := k.PEM()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			what, signature, content, public string
			want                             error
		}{
			{"set", signature, "report", set, nil},
			{"PEM", signature, "report", public(t, set), nil},
			{"another content", signature, "Report", set, clientkey.ErrSignature},
			{"another key", signature, "report", others, clientkey.ErrSignature},
			{"no signature", "", "report", set, clientkey.ErrSignature},
			{"signature with a payload", strings.Replace(signature, "..", ".cmVwb3J0.", 1), "report", set, clientkey.ErrSignature},
			{"no algorithm", "eyJhbGciOiJub25lIn0..", "report", set, clientkey.ErrSignature},
			{"private key", signature, "report", string(private), clientkey.ErrPublic},
			{"symmetric key", signature, "report", `{"keys":[{"kty":"oct","k":"AAAA"}]}`, clientkey.ErrPublic},
			{"no key", signature, "report", `{"keys":[]}`, clientkey.ErrPublic},
			{"no text", signature, "report", "", clientkey.ErrPublic},
		} {
			if err := clientkey.VerifyDetached(row.signature, []byte(row.content), []byte(row.public)); !errors.Is(err, row.want) {
				t.Errorf("%s, %s: %v, want %v", alg, row.what, err, row.want)
			}
		}
	}
}

func public(t *testing.T, set string) string {
	t.Helper()
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(set), &keys); err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(keys.Keys[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
