package links

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/onboarding"
	"keycloak-scim-proxy/onboarding/verify"
)

// Most is how many linked users are read, one request each.
const Most = 20_000

type user struct{ ID, Username string }

// Twice returns the users of a realm by account of an identity provider, for each account that two
// or more users are linked to. whole is false if there are more than Most linked users.
func Twice(ctx context.Context, a *onboarding.Admin, realm, alias string) (twice map[string][]string, whole bool, err error) {
	all, err := onboarding.Pages[user](ctx, a, realm, url.Values{"idpAlias": {alias}, "briefRepresentation": {"true"}}, "users")
	if err != nil {
		return nil, false, err
	}
	by := map[string][]string{}
	for _, u := range all[:min(len(all), Most)] {
		if err := a.Renew(ctx); err != nil {
			return nil, false, err
		}
		var of []struct{ IdentityProvider, UserID string }
		_, err := a.Do(ctx, realm, onboarding.Request{Method: http.MethodGet, Path: []string{"users", u.ID, "federated-identity"}, Result: &of})
		if onboarding.Status(err) == http.StatusNotFound { // deleted meanwhile
			continue
		}
		if err != nil {
			return nil, false, err
		}
		for _, l := range of {
			if l.IdentityProvider == alias {
				by[l.UserID] = append(by[l.UserID], u.Username)
			}
		}
	}
	maps.DeleteFunc(by, func(_ string, users []string) bool { return len(users) < 2 })
	return by, len(all) <= Most, nil
}

// Step is the result of Twice as a step of a verification.
func Step(ctx context.Context, a *onboarding.Admin, realm, alias string) (verify.Step, error) {
	twice, whole, err := Twice(ctx, a, realm, alias)
	s := verify.Step{Name: "links", Says: "no account of the identity provider " + alias + " is linked to two users", Findings: []verify.Finding{}}
	for _, id := range slices.Sorted(maps.Keys(twice)) {
		s.Findings = append(s.Findings, verify.Finding{
			Level: verify.Red, What: fmt.Sprintf("the account %s of %s is linked to the users %s: none of them can sign in by it", id, alias, strings.Join(twice[id], ", ")),
			ToDo: "remove the link from the users whose account it is not",
		})
	}
	if !whole {
		s.Findings = append(s.Findings, verify.Finding{Level: verify.Unknown, What: fmt.Sprintf("only %d linked users were read", Most)})
	}
	return s, err
}
