package storemark

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/tenantgroup"
	"keycloak-scim-proxy/proxy/scim"
)

// markAttribute is the attribute of a service account's own user in Keycloak that has the stamp of
// the realm's store. That user is not visible through SCIM, and an account with manage-users may
// change it (measured).
const markAttribute = "kscim.store"

// ErrNoMark means that the account may not read or change its own user, so that it cannot be
// marked.
var ErrNoMark = errors.New("storemark: the account cannot be marked")

// Of returns where the mark of an account is: in a group of the tenant's pool if there is a group,
// else in the account's own user.
func Of(a *keycloak.Account, g *tenantgroup.Group, r *keycloak.Realm) Account {
	if g == nil {
		return Self{a}
	}
	return pool{g, r}
}

// pool is the account of a group tenant. It may not change its own user (measured).
type pool struct {
	group *tenantgroup.Group
	realm *keycloak.Realm
}

// Mark returns the mark of the tenant, or "".
func (p pool) Mark(ctx context.Context) (string, error) { return p.group.Note(ctx, p.realm) }

// SetMark writes the mark of the tenant.
func (p pool) SetMark(ctx context.Context, mark string) error {
	err := p.group.SetNote(ctx, p.realm, mark)
	if errors.Is(err, tenantgroup.ErrNoFree) {
		return fmt.Errorf("%w: %w", ErrNoMark, err)
	}
	return err
}

// Self is an account in Keycloak that marks its own user.
type Self struct{ Account *keycloak.Account }

// Mark returns the mark of the account, or "".
func (a Self) Mark(ctx context.Context) (string, error) {
	_, attributes, err := a.self(ctx)
	if err != nil || len(attributes[markAttribute]) == 0 {
		return "", err
	}
	return attributes[markAttribute][0], nil
}

// SetMark writes the mark of the account. It does not change anything else of the user.
func (a Self) SetMark(ctx context.Context, mark string) error {
	user, attributes, err := a.self(ctx)
	if err != nil {
		return err
	}
	if attributes == nil {
		attributes = map[string][]string{}
	}
	attributes[markAttribute] = []string{mark}
	if user["attributes"], err = json.Marshal(attributes); err != nil {
		return err
	}
	body, err := json.Marshal(user)
	if err != nil {
		return err
	}
	_, err = a.aboutSelf(ctx, http.MethodPut, string(body))
	return err
}

// self reads the account's own user as Keycloak represents it, and its attributes.
func (a Self) self(ctx context.Context) (user map[string]json.RawMessage, attributes map[string][]string, err error) {
	body, err := a.aboutSelf(ctx, http.MethodGet, "")
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(body, &user); err != nil {
		return nil, nil, scim.Upstream(err)
	}
	if raw := user["attributes"]; raw != nil {
		err = json.Unmarshal(raw, &attributes)
	}
	return user, attributes, err
}

// aboutSelf sends a request for the account's own user to the Admin REST API.
func (a Self) aboutSelf(ctx context.Context, method, body string) ([]byte, error) {
	token, err := a.Account.Token(ctx)
	if err != nil {
		return nil, err
	}
	claims, err := fault.ClaimsOf(token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoMark, err)
	}
	status, answer, err := a.Account.Ask(ctx, method, "/admin/realms/"+url.PathEscape(a.Account.Realm())+"/users/"+url.PathEscape(claims.Subject), body)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusForbidden, status == http.StatusBadRequest && method == http.MethodPut:
		return nil, fmt.Errorf("%w: Keycloak answered %d", ErrNoMark, status)
	case status < 200 || status > 299:
		return nil, scim.Unavailable("Keycloak", fmt.Errorf("Keycloak answered %d", status))
	}
	return answer, nil
}
