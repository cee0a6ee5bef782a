package fault

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// Claims are what an access token of the account says.
type Claims struct {
	Subject   string    `json:"sub"`
	Issuer    string    `json:"iss"`
	Audiences audiences `json:"aud"`
}

// audiences is one text or a list of them (RFC 7519 section 4.1.3).
type audiences []string

// UnmarshalJSON takes both forms.
func (a *audiences) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// ClaimsOf reads a token. It came from Keycloak itself, so it is not verified.
func ClaimsOf(token string) (Claims, error) {
	var c Claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, errors.New("the access token is not a JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(payload, &c)
	}
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
