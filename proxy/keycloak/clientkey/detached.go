package clientkey

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"

	"github.com/go-jose/go-jose/v4"
)

// Detached signs content: a JSON Web Signature without its payload (RFC 7515 appendix F).
func (k Key) Detached(content []byte) (string, error) {
	options := (&jose.SignerOptions{}).WithHeader(jose.HeaderKey("kid"), k.id)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.alg), Key: k.private()}, options)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(content)
	if err != nil {
		return "", err
	}
	return signed.DetachedCompactSerialize()
}

// Errors of VerifyDetached.
var (
	ErrPublic    = errors.New("is neither a PEM file with a public key (BEGIN PUBLIC KEY) nor a JSON Web Key Set with one")
	ErrSignature = errors.New("is not the signature of this content by this key")
)

// VerifyDetached checks a signature of Detached. public is a PEM file with a public key, or a JSON
// Web Key Set. The error is nil, ErrPublic or ErrSignature.
func VerifyDetached(signature string, content, public []byte) error {
	keys, err := publicKeys(public)
	if err != nil {
		return err
	}
	jws, err := jose.ParseDetached(signature, content, []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.EdDSA})
	if err != nil {
		return ErrSignature
	}
	for _, k := range keys {
		if _, err := jws.Verify(k); err == nil {
			return nil
		}
	}
	return ErrSignature
}

// publicKeys reads the public keys of a file. A private or symmetric key is none.
func publicKeys(text []byte) (all []any, err error) {
	var set jose.JSONWebKeySet
	if p, _ := pem.Decode(text); p != nil {
		k, err := x509.ParsePKIXPublicKey(p.Bytes)
		if err != nil {
			return nil, ErrPublic
		}
		set.Keys = []jose.JSONWebKey{{Key: k}}
	} else if json.Unmarshal(bytes.TrimSpace(text), &set) != nil {
		return nil, ErrPublic
	}
	for _, k := range set.Keys {
		switch k.Key.(type) {
		case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey:
			all = append(all, k.Key)
		}
	}
	if len(all) == 0 {
		return nil, ErrPublic
	}
	return all, nil
}
