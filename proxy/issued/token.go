package issued

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// SpaceName is the name of the space with the records, one for each tenant by its name.
const SpaceName = "issued"

// Token is what is kept of a token.
type Token struct {
	// ID is that of its key, which is in the token's text.
	ID string `json:"id"`
	// SHA256 is the hash of the whole text, 64 hex digits.
	SHA256 string `json:"sha256,omitempty"`
	// Place is the realm and group for which the token was made.
	Place string    `json:"place,omitempty"`
	Made  time.Time `json:"made"`
	// By says who made it: an operator, or a set-up link.
	By string `json:"by"`
	// Expires is when it expires; zero means never.
	Expires time.Time `json:"expires,omitzero"`
	// Revoked is when it was revoked, and RevokedBy says who did it; zero means that it is not.
	Revoked   time.Time `json:"revoked,omitzero"`
	RevokedBy string    `json:"revokedBy,omitempty"`
}

// The states of a token. Only a live one is accepted. Moved is shown for a live one whose tenant
// has another realm or group now.
const (
	Live    = "live"
	Expired = "expired"
	Revoked = "revoked"
	Moved   = "moved"
)

// State is the state of the token at a time. A token that expires is live until then. One that was
// revoked is revoked at once, also if the clock of the process that did it is ahead of this one.
func (t Token) State(now time.Time) string {
	switch {
	case !t.Revoked.IsZero():
		return Revoked
	case !t.Expires.IsZero() && !now.Before(t.Expires):
		return Expired
	}
	return Live
}

func (t Token) sum() (sum [sha256.Size]byte, err error) {
	if n, err := hex.Decode(sum[:], []byte(t.SHA256)); err != nil || n != len(sum) {
		return sum, fmt.Errorf("token %s: its hash is not 64 hex digits", t.ID)
	}
	return sum, nil
}

// record is the record of a tenant.
type record struct {
	Tokens []Token `json:"tokens"`
}

// decode reads the tokens of a tenant from its record; none if there is no record.
func decode(tenant string, r store.Record, there bool) ([]Token, error) {
	if !there {
		return nil, nil
	}
	var read record
	err := json.Unmarshal(r.Body, &read)
	for i := 0; err == nil && i < len(read.Tokens); i++ {
		_, err = read.Tokens[i].sum()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: tokens of %s that were made at run time: %w", store.ErrUnreadable, tenant, err)
	}
	return read.Tokens, nil
}

const (
	// maxTokens bounds the tokens of a tenant that are kept, and maxLive those that are live. The
	// oldest of those that are not live are forgotten first.
	maxTokens = 100
	maxLive   = 50
)

// trim forgets tokens that are not live, the oldest first, until there is room for one more.
func trim(all []Token, now time.Time) ([]Token, error) {
	live := 0
	for _, t := range all {
		if t.State(now) == Live {
			live++
		}
	}
	if live >= maxLive {
		return nil, fmt.Errorf("the tenant has %d live tokens that were made at run time, which is the limit: revoke some", live)
	}
	for len(all) >= maxTokens {
		oldest := slices.IndexFunc(all, func(t Token) bool { return t.State(now) != Live })
		all = slices.Delete(slices.Clone(all), oldest, oldest+1)
	}
	return all, nil
}

// newID makes the id of a key: i and 9 random characters, so that it never comes back, neither with
// another process nor with another tenant of the same name.
func newID() string { return "i" + strings.ToLower(rand.Text()[:9]) }

// find returns the token with an id.
func find(all []Token, id string) (Token, bool) {
	if i := slices.IndexFunc(all, func(t Token) bool { return t.ID == id }); i >= 0 {
		return all[i], true
	}
	return Token{}, false
}
