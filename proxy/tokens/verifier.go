package tokens

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// ErrInvalid says that a text is not a valid access token of the realm for the SCIM API. The error that wraps it is for the log only.
var ErrInvalid = errors.New("tokens: not a valid access token")

// Claims are what a verified token says.
type Claims struct {
	// Subject is the id of the user or service account in the realm.
	Subject string
	// Expires is when the token ends.
	Expires time.Time
}

// Verifier verifies the access tokens of one realm. It is safe for concurrent use.
type Verifier struct {
	realm string
	now   func() time.Time
	keys  keySet
}

// NewVerifier makes the verifier of a realm.
func NewVerifier(realm string, s Source, now func() time.Time) *Verifier {
	return &Verifier{realm: realm, now: now, keys: keySet{source: s, now: now}}
}

// algorithms that Keycloak signs access tokens with. Symmetric ones, which it uses for refresh tokens, are not among them.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// names are the algorithms as go-oidc takes them.
func names(algs []jose.SignatureAlgorithm) []string {
	out := make([]string, len(algs))
	for i, a := range algs {
		out[i] = string(a)
	}
	return out
}

// audience is what Keycloak's SCIM API asks a token to be made for.
func audience(issuer string) string { return issuer + "/scim/v2" }

// Verify checks form, expiry, realm, audience, signature and issuer, in this order. The error wraps ErrInvalid, or is that of the Source if
// the keys cannot be had.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	issuer, err := v.precheck(token)
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	keys := &asked{set: &v.keys}
	verifier := oidc.NewVerifier(issuer, keys, &oidc.Config{ClientID: audience(issuer), SupportedSigningAlgs: names(algorithms()), Now: v.now})
	t, err := verifier.Verify(ctx, token)
	if keys.unavailable != nil {
		return Claims{}, keys.unavailable
	}
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	own, err := v.keys.issuer(ctx)
	if err != nil {
		return Claims{}, err
	}
	if t.Issuer != own || t.Subject == "" {
		return Claims{}, fmt.Errorf("%w: it is issued by another name of the realm", ErrInvalid)
	}
	return Claims{Subject: t.Subject, Expires: t.Expiry}, nil
}

// precheck refuses what needs no key to be refused, and returns the issuer that the token names. It proves nothing.
func (v *Verifier) precheck(token string) (issuer string, err error) {
	jws, err := jose.ParseSignedCompact(token, algorithms())
	if err != nil {
		return "", err
	}
	if len(jws.Signatures[0].Signature) == 0 {
		return "", errors.New("it is not signed")
	}
	for part := range strings.SplitSeq(token, ".") { // one token has one spelling: each costs Keycloak a question
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return "", err
		}
	}
	var said struct {
		Issuer   string          `json:"iss"`
		Expires  float64         `json:"exp"`
		Audience json.RawMessage `json:"aud"`
	}
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &said); err != nil {
		return "", err
	}
	switch {
	case said.Expires < float64(v.now().Unix()):
		return "", errors.New("it has expired")
	case !strings.HasSuffix(said.Issuer, "/realms/"+url.PathEscape(v.realm)):
		return "", errors.New("another realm issued it")
	case !slices.Contains(texts(said.Audience), audience(said.Issuer)):
		return "", errors.New("it is not made for the SCIM API")
	}
	return said.Issuer, nil
}

// texts reads a claim that is one text or a list.
func texts(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var many []string
	_ = json.Unmarshal(raw, &many) // anything else has no texts
	return many
}
