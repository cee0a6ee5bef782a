package clientkey

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// An assertion is valid for life. Its iat is earlier than the clock says, because Keycloak refuses
// one that is more than 15 s in the future or 60 s in the past (measured on 26.7.3). So the clock
// may be 35 s ahead of Keycloak's or 40 s behind.
const (
	life     = time.Minute
	backdate = 20 * time.Second
)

// Assertion is what a client signs.
type Assertion struct {
	// Client is the client ID in Keycloak: issuer and subject.
	Client string
	// Audience is the issuer of the realm. The address of the token endpoint is accepted too, but
	// not both (measured).
	Audience string
	// ID is unique for each assertion (jti): Keycloak refuses the second use.
	ID string
	// At is the time.
	At time.Time
}

// Sign makes the client assertion (RFC 7523): the value of client_assertion.
func (k Key) Sign(a Assertion) (string, error) {
	claims, err := json.Marshal(map[string]any{
		"iss": a.Client, "sub": a.Client, "aud": a.Audience, "jti": a.ID,
		"iat": a.At.Add(-backdate).Unix(), "exp": a.At.Add(life).Unix(),
	})
	if err != nil {
		return "", err
	}
	signed, err := k.SignAs("JWT", claims)
	if err != nil {
		return "", fmt.Errorf("client assertion: %w", err)
	}
	return signed, nil
}

// SignAs signs claims. typ is the type in the header (RFC 7515 section 4.1.9).
func (k Key) SignAs(typ string, claims []byte) (string, error) {
	options := (&jose.SignerOptions{}).WithType(jose.ContentType(typ)).WithHeader(jose.HeaderKey("kid"), k.id)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(k.alg), Key: k.private()}, options)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
