package tenantcmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/cli"
	"keycloak-scim-proxy/config"
	"keycloak-scim-proxy/proxy/tokens"
)

// The states of a token. Only a live one is accepted.
const (
	liveKey    = "live"
	expiredKey = "expired"
	revokedKey = "revoked"
)

func stateOf(k config.Token, now time.Time) string {
	switch {
	case k.Revoked.Reached(now):
		return revokedKey
	case k.Expires.Reached(now):
		return expiredKey
	}
	return liveKey
}

// liveKeys are the tokens of a tenant that are accepted.
func liveKeys(t config.Tenant, now time.Time) []config.Token {
	return slices.DeleteFunc(slices.Clone(t.Tokens), func(k config.Token) bool { return stateOf(k, now) != liveKey })
}

// described says which keys there are, for people.
func described(keys []config.Token, now time.Time) string {
	return strings.Join(texts(keys, now), ", ")
}

func texts(keys []config.Token, now time.Time) (all []string) {
	for _, k := range keys {
		switch state := stateOf(k, now); {
		case state != liveKey:
			all = append(all, k.ID+" ("+state+")")
		case k.End().IsZero():
			all = append(all, k.ID+" (does not expire)")
		default:
			all = append(all, k.ID+" until "+when(k.End(), now))
		}
	}
	return all
}

// nextID is k1, or the number behind the highest, so that the log of an earlier key stays clear.
func nextID(taken []config.Token) string {
	highest := 0
	for _, k := range taken {
		if n, err := strconv.Atoi(strings.TrimPrefix(k.ID, "k")); err == nil && k.ID[0] == 'k' {
			highest = max(highest, n)
		}
	}
	return "k" + strconv.Itoa(highest+1)
}

// NewKey mints a token of a tenant. Without an id it is the next of k1, k2, ... Expires is empty
// for a token that does not expire.
func (e Env) NewKey(tenant, id, expires string, taken []config.Token) (tokens.Token, config.Token, error) {
	now := e.Now().UTC()
	k := config.Token{ID: id, Created: config.Date{Time: now.Truncate(24 * time.Hour)}}
	if k.ID == "" {
		k.ID = nextID(taken)
	}
	if expires != "" {
		end, err := cli.Until(expires, now)
		if err != nil {
			return tokens.Token{}, k, fmt.Errorf("--expires: %w", err)
		}
		k.Expires.Time = end
	}
	token, err := tokens.Mint(e.Random, tenant, k.ID)
	if err != nil {
		return tokens.Token{}, k, cli.UsageError{Err: err}
	}
	k.SHA256 = fmt.Sprintf("%x", token.SHA256())
	return token, k, nil
}
