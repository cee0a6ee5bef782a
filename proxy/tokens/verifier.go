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

	"keycloak-scim-proxy/proxy/tokens/claims"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

// ErrInvalid means that a text is not a valid access token of the realm for the SCIM API. Errors
// that wrap it have the reason, which is for the log only.
var ErrInvalid = errors.New("tokens: not a valid access token")

// Claims are the claims of a verified token.
type Claims struct {
	// Subject is the id of the user or service account in the realm.
	Subject string
	// Expires is when the token expires.
	Expires time.Time
}

// Verifier verifies the access tokens of one realm. It is safe for concurrent use.
type Verifier struct {
	realm string
	now   func() time.Time
	keys  keySet
}

// NewVerifier returns the verifier of a realm.
func NewVerifier(realm string, s Source, now func() time.Time) *Verifier {
	return &Verifier{realm: realm, now: now, keys: keySet{source: s, now: now}}
}

// algorithms returns the algorithms with which Keycloak can sign access tokens. Symmetric
// algorithms, which it uses for refresh tokens, are not accepted.
func algorithms() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{
		jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
	}
}

// names converts algorithms for go-oidc.
func names(algs []jose.SignatureAlgorithm) []string {
	out := make([]string, len(algs))
	for i, a := range algs {
		out[i] = string(a)
	}
	return out
}

// audience returns the audience that Keycloak's SCIM API requires in a token.
func audience(issuer string) string { return issuer + "/scim/v2" }

// Verify checks form, expiry, realm, audience, signature and issuer, in this order. The audience is
// that of Keycloak's SCIM API. The error wraps ErrInvalid, or is the Source's if the keys or the
// issuer cannot be read.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	t, err := v.verified(ctx, token, audience)
	if err != nil {
		return Claims{}, err
	}
	return Claims{Subject: t.Subject, Expires: t.Expiry}, nil
}

// Issuer returns the realm's issuer, as it is in its tokens. It is read at most every retryAge, and
// kept for KeysAge; if it cannot be read again, the one that is known is used.
func (v *Verifier) Issuer(ctx context.Context) (string, error) { return v.keys.issuer(ctx) }

// verified returns a verified token whose audience is that for its issuer.
func (v *Verifier) verified(ctx context.Context, token string, audience func(issuer string) string) (*oidc.IDToken, error) {
	parsed, issuer, err := v.precheck(token, audience)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	keys := &lookup{set: &v.keys, token: parsed}
	verifier := oidc.NewVerifier(issuer, keys, &oidc.Config{ClientID: audience(issuer), SupportedSigningAlgs: names(algorithms()), Now: v.now})
	t, err := verifier.Verify(ctx, token)
	if keys.unavailable != nil {
		return nil, keys.unavailable
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	own, err := v.keys.issuer(ctx)
	if err != nil {
		return nil, err
	}
	if t.Issuer != own || t.Subject == "" {
		return nil, fmt.Errorf("%w: its issuer is not the realm's, or it has no subject", ErrInvalid)
	}
	return t, nil
}

// precheck makes the checks that need no key. It returns the parsed token, and its issuer, which is
// not verified.
func (v *Verifier) precheck(token string, audience func(issuer string) string) (jws *jose.JSONWebSignature, issuer string, err error) {
	jws, err = jose.ParseSignedCompact(token, algorithms())
	if err != nil {
		return nil, "", err
	}
	if len(jws.Signatures[0].Signature) == 0 {
		return nil, "", errors.New("it is not signed")
	}
	for part := range strings.SplitSeq(token, ".") { // a token has one spelling, because each spelling costs Keycloak a request
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return nil, "", err
		}
	}
	var said struct {
		Issuer   string           `json:"iss"`
		Expires  float64          `json:"exp"`
		Audience claims.Audiences `json:"aud"`
	}
	if err := json.Unmarshal(jws.UnsafePayloadWithoutVerification(), &said); err != nil {
		return nil, "", err
	}
	switch {
	case said.Expires < float64(v.now().Unix()):
		return nil, "", errors.New("it has expired")
	case !strings.HasSuffix(said.Issuer, "/realms/"+url.PathEscape(v.realm)):
		return nil, "", errors.New("its issuer is another realm")
	case !slices.Contains(said.Audience, audience(said.Issuer)):
		return nil, "", errors.New("its audience is another one")
	}
	return jws, said.Issuer, nil
}
