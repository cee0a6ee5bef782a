package tokens_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"keycloak-scim-proxy/proxy/tokens"
)

const issuer = "https://id.example/realms/acme%20corp"

// realm publishes keys and signs tokens. It has its own clock.
type realm struct {
	t      *testing.T
	clock  time.Time
	keys   map[string]any // private, by key id
	use    string
	issuer string
	down   error
	reads  int
	*tokens.Verifier
}

func newRealm(t *testing.T) *realm {
	t.Helper()
	r := &realm{t: t, clock: time.Unix(1_800_000_000, 0), keys: map[string]any{}, use: "sig", issuer: issuer}
	r.addKey("k1")
	r.Verifier = tokens.NewVerifier("acme corp", tokens.Source{
		Keys: func(context.Context) ([]byte, error) {
			r.reads++
			var set jose.JSONWebKeySet
			for id, k := range r.keys {
				private := jose.JSONWebKey{Key: k, KeyID: id, Use: r.use}
				set.Keys = append(set.Keys, private.Public())
			}
			b, err := json.Marshal(set)
			return b, errors.Join(err, r.down)
		},
		Issuer: func(context.Context) (string, error) { return r.issuer, r.down },
	}, func() time.Time { return r.clock })
	return r
}

func (r *realm) addKey(id string) any {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		r.t.Fatal(err)
	}
	r.keys[id] = k
	return k
}

// claims returns the claims of a valid token, with changes.
func (r *realm) claims(change map[string]any) map[string]any {
	c := map[string]any{"iss": issuer, "sub": "s1", "aud": []string{issuer + "/scim/v2", "account"}, "exp": r.clock.Add(time.Minute).Unix()}
	maps.Copy(c, change)
	return c
}

func (r *realm) sign(alg jose.SignatureAlgorithm, key any, id string, claims map[string]any) string {
	r.t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	b, err := json.Marshal(claims)
	if err != nil {
		r.t.Fatal(err)
	}
	jws, err := s.Sign(b)
	if err != nil {
		r.t.Fatal(err)
	}
	text, err := jws.CompactSerialize()
	if err != nil {
		r.t.Fatal(err)
	}
	return text
}

func (r *realm) good(change map[string]any) string {
	return r.sign(jose.ES256, r.keys["k1"], "k1", r.claims(change))
}

func TestVerify(t *testing.T) {
	r := newRealm(t)
	other := newRealm(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	good := r.good(nil)
	header, rest, _ := strings.Cut(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"k1"}`))
	for what, row := range map[string]struct {
		token string
		reads int // how often the refusal may read the keys
	}{
		"no token":                  {"", 0},
		"a text":                    {"garbage", 0},
		"three texts":               {"a.b.c", 0},
		"no signature":              {header + "." + strings.SplitN(rest, ".", 2)[0] + ".", 0},
		"alg none":                  {none + "." + strings.SplitN(rest, ".", 2)[0] + ".", 0},
		"symmetric":                 {r.sign(jose.HS256, make([]byte, 32), "k1", r.claims(nil)), 0},
		"expired":                   {r.good(map[string]any{"exp": r.clock.Add(-time.Second).Unix()}), 0},
		"without expiry":            {r.good(map[string]any{"exp": nil}), 0},
		"another realm":             {r.good(map[string]any{"iss": "https://id.example/realms/other"}), 0},
		"a realm with this ending":  {r.good(map[string]any{"iss": "https://id.example/realms/x/realms/other"}), 0},
		"another audience":          {r.good(map[string]any{"aud": "account"}), 0},
		"the audience of another":   {r.good(map[string]any{"aud": "https://id.example/realms/other/scim/v2"}), 0},
		"not yet valid":             {r.good(map[string]any{"nbf": r.clock.Add(time.Hour).Unix()}), 1},
		"another key with this id":  {r.sign(jose.ES256, other.keys["k1"], "k1", r.claims(nil)), 1},
		"another algorithm":         {r.sign(jose.RS256, rsaKey, "k1", r.claims(nil)), 1},
		"an unknown key":            {r.sign(jose.ES256, other.keys["k1"], "k9", r.claims(nil)), 1},
		"another host's name of it": {r.good(map[string]any{"iss": "https://evil.example/realms/acme%20corp", "aud": "https://evil.example/realms/acme%20corp/scim/v2"}), 1},
		"without subject":           {r.good(map[string]any{"sub": nil}), 1},
	} {
		before := r.reads
		if c, err := r.Verify(t.Context(), row.token); !errors.Is(err, tokens.ErrInvalid) {
			t.Errorf("%s is accepted: %+v %v", what, c, err)
		}
		if n := r.reads - before; n > row.reads {
			t.Errorf("%s costs %d readings of the keys", what, n)
		}
	}
	c, err := r.Verify(t.Context(), good)
	if err != nil || c.Subject != "s1" || c.Expires.Unix() != r.clock.Add(time.Minute).Unix() {
		t.Errorf("%+v %v", c, err)
	}
	if r.reads != 1 {
		t.Errorf("the keys were read %d times", r.reads)
	}
}

// A new key works within retryAge, and a removed one stops within KeysAge. Many unknown keys cost
// one reading.
func TestKeyRotation(t *testing.T) {
	r := newRealm(t)
	old := r.good(nil)
	if _, err := r.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	fresh := r.addKey("k2")
	r.clock = r.clock.Add(11 * time.Second)
	if _, err := r.Verify(t.Context(), r.sign(jose.ES256, fresh, "k2", r.claims(nil))); err != nil {
		t.Error(err)
	}
	before, forger := r.reads, newRealm(t)
	for range 1000 {
		if _, err := r.Verify(t.Context(), r.sign(jose.ES256, forger.keys["k1"], rand.Text(), r.claims(nil))); !errors.Is(err, tokens.ErrInvalid) {
			t.Fatal(err)
		}
	}
	if n := r.reads - before; n > 1 {
		t.Errorf("1,000 forged tokens cost %d readings", n)
	}
	delete(r.keys, "k1")
	r.clock = r.clock.Add(tokens.KeysAge)
	if _, err := r.Verify(t.Context(), r.sign(jose.ES256, forger.keys["k1"], "k1", r.claims(nil))); !errors.Is(err, tokens.ErrInvalid) {
		t.Errorf("a removed key serves: %v", err)
	}
}

// While Keycloak is down, known keys stay in use; without keys the error is Keycloak's, not
// ErrInvalid.
func TestKeysUnavailable(t *testing.T) {
	r := newRealm(t)
	r.down = errors.New("down")
	if _, err := r.Verify(t.Context(), r.good(nil)); errors.Is(err, tokens.ErrInvalid) || !errors.Is(err, r.down) {
		t.Errorf("%v", err)
	}
	r.down = nil
	r.clock = r.clock.Add(11 * time.Second)
	if _, err := r.Verify(t.Context(), r.good(nil)); err != nil {
		t.Fatal(err)
	}
	r.down = errors.New("down")
	r.clock = r.clock.Add(time.Minute)
	if _, err := r.Verify(t.Context(), r.good(nil)); err != nil {
		t.Errorf("known keys do not go on: %v", err)
	}
}

// A key for encryption does not verify signatures.
func TestEncryptionKey(t *testing.T) {
	r := newRealm(t)
	r.use = "enc"
	if _, err := r.Verify(t.Context(), r.good(nil)); !errors.Is(err, tokens.ErrInvalid) {
		t.Error(err)
	}
}
