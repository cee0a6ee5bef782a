package clientkey

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
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
	"io"
	"os"

	"github.com/go-jose/go-jose/v4"
)

// Algorithms, as JSON Web Algorithms and the attribute token.endpoint.auth.signing.alg of a client
// name them.
const (
	RS256 = string(jose.RS256)
	ES256 = string(jose.ES256)
	EdDSA = string(jose.EdDSA)
)

// minRSA is the smallest RSA key in bits (RFC 7518 section 3.3), and the size of a new one.
const minRSA = 2048

// maxFile is the largest key file in bytes. An RSA key of 16,384 bits has 13 KB in PEM.
const maxFile = 64 << 10

// block is the type of a PKCS #8 key in PEM.
const block = "PRIVATE KEY"

// Errors of a text that is not a usable key. None contains a part of the text.
var (
	ErrForm = errors.New("is neither a PEM file with a PKCS #8 private key (BEGIN PRIVATE KEY) nor a private JSON Web Key; openssl pkcs8 -topk8 -nocrypt converts older forms of PEM")
	ErrKind = errors.New("must be an RSA key of at least 2048 bits, a P-256 key or an Ed25519 key")
	ErrAlg  = errors.New(`has the member "alg" or "use" of another purpose: RSA keys sign with RS256, P-256 keys with ES256, Ed25519 keys with EdDSA`)
)

// Key is a private key. Printed, logged or encoded, it is <key>: the key is behind a function,
// because fmt and libraries that dump values read unexported fields without calling their methods.
type Key struct {
	private func() crypto.Signer
	id, alg string
}

// Generate makes a key for an algorithm.
func Generate(alg string) (Key, error) {
	var private crypto.Signer
	var err error
	switch alg {
	case RS256:
		private, err = rsa.GenerateKey(rand.Reader, minRSA)
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		return Key{}, fmt.Errorf("there is no algorithm %q: use %s, %s or %s", alg, RS256, ES256, EdDSA)
	}
	if err != nil {
		return Key{}, err
	}
	return of(private, "")
}

// Read reads the key of a file. Errors name the file, and contain nothing of it.
func Read(file string) (Key, error) {
	f, err := os.Open(file)
	if err != nil {
		return Key{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return Key{}, err
	}
	k, err := Parse(text)
	if err != nil {
		return Key{}, fmt.Errorf("%s %w", file, err)
	}
	return k, nil
}

// Parse reads a key in PEM or as a JSON Web Key. The error is ErrForm, ErrKind or ErrAlg.
func Parse(text []byte) (Key, error) {
	if text = bytes.TrimSpace(text); bytes.HasPrefix(text, []byte("{")) {
		return parseJWK(text)
	}
	p, _ := pem.Decode(text)
	if p == nil || p.Type != block {
		return Key{}, ErrForm
	}
	private, err := x509.ParsePKCS8PrivateKey(p.Bytes)
	if err != nil {
		return Key{}, ErrForm // without the cause, which may have a part of the key
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return Key{}, ErrKind
	}
	return of(signer, "")
}

func parseJWK(text []byte) (Key, error) {
	var jwk jose.JSONWebKey
	if json.Unmarshal(text, &jwk) != nil || !jwk.Valid() {
		return Key{}, ErrForm
	}
	private, ok := jwk.Key.(crypto.Signer)
	if !ok {
		return Key{}, ErrForm // public, or symmetric
	}
	k, err := of(private, jwk.KeyID)
	if err == nil && (jwk.Algorithm != "" && jwk.Algorithm != k.alg || jwk.Use != "" && jwk.Use != "sig") {
		return Key{}, ErrAlg
	}
	return k, err
}

// of makes a key. Without an id it has the one that Keycloak computes.
func of(private crypto.Signer, id string) (Key, error) {
	k := Key{private: func() crypto.Signer { return private }, id: id}
	switch p := private.(type) {
	case *rsa.PrivateKey:
		k.alg = RS256
		if p.N.BitLen() < minRSA {
			return Key{}, ErrKind
		}
	case *ecdsa.PrivateKey:
		k.alg = ES256
		if p.Curve != elliptic.P256() {
			return Key{}, ErrKind
		}
	case ed25519.PrivateKey:
		k.alg = EdDSA
	default:
		return Key{}, ErrKind
	}
	if k.id == "" {
		info, err := x509.MarshalPKIXPublicKey(private.Public())
		if err != nil {
			return Key{}, ErrKind
		}
		sum := sha256.Sum256(info)
		k.id = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return k, nil
}

// ID is the key id (kid).
func (k Key) ID() string { return k.id }

// Algorithm is what the key signs with: the value of the attribute token.endpoint.auth.signing.alg
// of its client.
func (k Key) Algorithm() string { return k.alg }

// PEM is the private key for a file, in PKCS #8.
func (k Key) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private())
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der}), nil
}

// JWKS is the set with the public keys of keys: the value of the attribute jwks.string of a client,
// beside use.jwks.string with "true". During a change of the key, the set has the old and the new
// one.
func JWKS(keys ...Key) (string, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.private().Public(), KeyID: k.id, Algorithm: k.alg, Use: "sig"})
	}
	b, err := json.Marshal(set)
	return string(b), err
}

// hidden is the text that stands for a key in output.
const hidden = "<key>"

// String hides the key.
func (Key) String() string { return hidden }

// Format hides the key for every verb.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText hides the key in JSON, YAML and XML.
func (Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }
