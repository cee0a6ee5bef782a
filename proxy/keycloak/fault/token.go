package fault

import (
	"errors"
	"slices"

	"keycloak-scim-proxy/proxy/tokens/claims"
)

// Claims are what an access token of the account says.
type Claims struct {
	Subject   string           `json:"sub"`
	Issuer    string           `json:"iss"`
	Audiences claims.Audiences `json:"aud"`
}

// ClaimsOf reads a token. It came from Keycloak itself, so it is not verified.
func ClaimsOf(token string) (Claims, error) {
	var c Claims
	err := claims.Read(token, &c)
	if err != nil || c.Subject == "" {
		return c, errors.Join(errors.New("the access token names no subject"), err)
	}
	return c, nil
}

// Audience is the audience that the SCIM API of the token's realm asks for. It follows Keycloak's
// frontend URL, whatever host is dialled (measured).
func (c Claims) Audience() string {
	if c.Issuer == "" {
		return ""
	}
	return c.Issuer + "/scim/v2"
}

// HasAudience reports whether the SCIM API accepts the token's audiences.
func (c Claims) HasAudience() bool { return slices.Contains(c.Audiences, c.Audience()) }
