package onboarding

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Nerzal/gocloak/v13"
)

// Admin is an administrator's session with one Keycloak.
type Admin struct {
	base   string
	client *gocloak.GoCloak
	token  string
}

// Login opens a session as a user of the realm master. Each call may take up to 30 seconds.
func Login(ctx context.Context, base, user, password string) (*Admin, error) {
	a := &Admin{base: strings.TrimSuffix(base, "/"), client: gocloak.NewClient(base)}
	a.client.RestyClient().RemoveProxy().SetTimeout(30 * time.Second) // no HTTP proxy of the environment sees the password
	t, err := a.client.LoginAdmin(ctx, user, password, "master")
	if err != nil {
		return nil, fmt.Errorf("log in to Keycloak at %s as %q: %w", base, user, err)
	}
	a.token = t.AccessToken
	return a, nil
}

// EnsureRealm makes the realm if it is not there, and switches its SCIM API on.
func (a *Admin) EnsureRealm(ctx context.Context, realm string) error {
	_, err := a.client.GetRealm(ctx, a.token, realm)
	if isStatus(err, http.StatusNotFound) {
		_, err = a.client.CreateRealm(ctx, a.token, gocloak.RealmRepresentation{Realm: &realm, Enabled: new(true)})
	}
	if err != nil {
		return fmt.Errorf("realm %q: %w", realm, err)
	}
	res, err := a.client.GetRequestWithBearerAuth(ctx, a.token).
		SetBody(map[string]bool{"scimApiEnabled": true}).
		Put(a.base + "/admin/realms/" + url.PathEscape(realm))
	if err != nil {
		return fmt.Errorf("switch SCIM on in realm %q: %w", realm, err)
	}
	if res.IsError() {
		return fmt.Errorf("switch SCIM on in realm %q: Keycloak answered %d", realm, res.StatusCode())
	}
	return nil
}

// RelaxProfile makes every attribute of the realm's user profile but the username optional and unchecked. It is for trying things out: tools
// that make up values fail on the stock profile.
func (a *Admin) RelaxProfile(ctx context.Context, realm string) error {
	target := a.base + "/admin/realms/" + url.PathEscape(realm) + "/users/profile"
	var profile map[string]any
	res, err := a.client.GetRequestWithBearerAuth(ctx, a.token).SetResult(&profile).Get(target)
	if err == nil && !res.IsError() {
		attributes, _ := profile["attributes"].([]any)
		for _, e := range attributes {
			if attribute, ok := e.(map[string]any); ok && attribute["name"] != "username" {
				delete(attribute, "required")
				delete(attribute, "validations")
			}
		}
		res, err = a.client.GetRequestWithBearerAuth(ctx, a.token).SetBody(profile).Put(target)
	}
	if err == nil && res.IsError() {
		err = fmt.Errorf("Keycloak answered %d", res.StatusCode())
	}
	if err != nil {
		return fmt.Errorf("user profile of realm %q: %w", realm, err)
	}
	return nil
}

func isStatus(err error, code int) bool {
	var e *gocloak.APIError
	return errors.As(err, &e) && e.Code == code
}
