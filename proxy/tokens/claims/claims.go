// Package claims reads the claims of a token without verifying it. It is for tokens that come
// directly from Keycloak; package tokens verifies those of callers.
package claims

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

// Audiences is one string or a list of strings (RFC 7519 section 4.1.3).
type Audiences []string

// UnmarshalJSON accepts both forms.
func (a *Audiences) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = Audiences{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(a))
}

// Read decodes the claims of a token.
func Read(token string, into any) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("the access token is not a JWT")
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}
