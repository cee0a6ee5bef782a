package keycloak

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"keycloak-scim-proxy/proxy/scim"
)

// markAttribute is the attribute of a service account's own user in Keycloak that has the stamp of
// the realm's store. That user is not visible through SCIM, and an account with manage-users may
// change it (measured).
const markAttribute = "kscim.store"

// ErrNoMark means that the account may not read or change its own user, so that it cannot be
// marked.
var ErrNoMark = errors.New("keycloak: the account cannot be marked")

// Mark returns the mark of the account, or "".
func (a *Account) Mark(ctx context.Context) (string, error) {
	_, attributes, err := a.self(ctx)
	if err != nil || len(attributes[markAttribute]) == 0 {
		return "", err
	}
	return attributes[markAttribute][0], nil
}

// SetMark writes the mark of the account. It does not change anything else of the user.
func (a *Account) SetMark(ctx context.Context, mark string) error {
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
func (a *Account) self(ctx context.Context) (user map[string]json.RawMessage, attributes map[string][]string, err error) {
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
func (a *Account) aboutSelf(ctx context.Context, method, body string) ([]byte, error) {
	token, err := a.Token(ctx)
	if err != nil {
		return nil, err
	}
	id, err := subject(token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoMark, err)
	}
	r, err := a.client.do(ctx, a, request{
		method: method, path: "/admin/realms/" + url.PathEscape(a.realm) + "/users/" + url.PathEscape(id), body: body, contentType: "application/json",
	})
	switch {
	case err != nil:
		return nil, err
	case r.status == http.StatusForbidden, r.status == http.StatusBadRequest && method == http.MethodPut:
		return nil, fmt.Errorf("%w: Keycloak answered %d", ErrNoMark, r.status)
	case !r.ok():
		return nil, scim.Unavailable("Keycloak", fmt.Errorf("Keycloak answered %d", r.status))
	}
	return r.body, nil
}

// subject returns the user id in an access token. It does not verify the token, which comes
// directly from Keycloak.
func subject(token string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("the access token is not a JWT")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Subject string `json:"sub"`
	}
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil || claims.Subject == "" {
		return "", errors.Join(errors.New("the access token has no subject"), err)
	}
	return claims.Subject, nil
}
