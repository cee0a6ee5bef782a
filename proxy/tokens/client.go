package tokens

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Grant says which access tokens of clients are accepted.
type Grant struct {
	// Audience must be among those of the token.
	Audience string
	// Clients are the client IDs whose own tokens are accepted (RFC 6749 section 4.4). Tokens that
	// users got by these clients are not.
	Clients []string
	// Scope must be among those of the token.
	Scope string
}

// VerifyClient checks a token as Verify does, with another audience, and that it is a client's own
// token. It returns the client ID. The error is as that of Verify.
func (v *Verifier) VerifyClient(ctx context.Context, token string, g Grant) (client string, err error) {
	t, err := v.verified(ctx, token, func(string) string { return g.Audience })
	if err != nil {
		return "", err
	}
	var said struct {
		Type   string          `json:"typ"`
		Party  string          `json:"azp"`
		Client string          `json:"client_id"` // only in tokens of service accounts (measured)
		Scope  string          `json:"scope"`
		Bound  json.RawMessage `json:"cnf"`
	}
	if err = t.Claims(&said); err == nil {
		switch {
		case said.Type != "Bearer":
			err = errors.New("it is not an access token for bearers")
		case said.Bound != nil: // RFC 7800: the bearer would have to prove a key
			err = errors.New("it is bound to a key")
		case said.Party != said.Client:
			err = errors.New("it is not a client's own token")
		case !slices.Contains(g.Clients, said.Client):
			err = errors.New("its client is another one")
		case !slices.Contains(strings.Fields(said.Scope), g.Scope):
			err = errors.New("it does not have the scope " + g.Scope)
		}
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return said.Client, nil
}
