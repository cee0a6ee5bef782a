package keycloak

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/keycloak/signout"
	"keycloak-scim-proxy/proxy/scim"
)

// ErrUnreadable means that the credential may not read the realm's user profile.
var ErrUnreadable = errors.New("keycloak: the credential may not read the user profile")

// LoadProfile reads the realm's user profile. The role query-users is sufficient (measured).
func LoadProfile(ctx context.Context, c *Client, realm string, cred Credential) (*profile.Profile, error) {
	path := "/admin/realms/" + url.PathEscape(realm) + "/users/profile"
	a, err := c.do(ctx, cred, request{method: http.MethodGet, path: path})
	switch {
	case err != nil:
		return nil, err
	case a.status == http.StatusForbidden:
		return nil, ErrUnreadable
	case !a.ok():
		return nil, (&Realm{cred: cred, profile: profile.Stock()}).refused(scim.Ref{}, a)
	}
	p, err := profile.Parse(a.body)
	if err != nil {
		return nil, scim.Upstream(err)
	}
	var settings struct {
		EmailAsUsername *bool `json:"registrationEmailAsUsername"` // shown to view-users and manage-users (measured)
	}
	a, err = c.do(ctx, cred, request{method: http.MethodGet, path: "/admin/realms/" + url.PathEscape(realm)})
	if err == nil && a.ok() && json.Unmarshal(a.body, &settings) == nil && settings.EmailAsUsername != nil {
		return p.WithSettings(*settings.EmailAsUsername), nil
	}
	return p, err
}

// SignOut ends all sessions and offline sessions of a user: see package signout. Issued tokens stay
// valid until they expire.
func (r *Realm) SignOut(ctx context.Context, ref scim.Ref) error {
	ended, err := signout.End(ctx, func(ctx context.Context, method, path string) ([]byte, error) {
		a, err := r.call(ctx, method, r.adminPath(ref)+path, nil, "")
		if err == nil && !a.ok() && (method != http.MethodDelete || a.status != http.StatusNotFound) {
			err = r.refused(ref, a)
		}
		return a.body, err
	})
	if r.client.SignedOut != nil && ended != (signout.Ended{}) {
		r.client.SignedOut(ctx, ended.Sessions, ended.Consents)
	}
	return err
}

// Answer is Keycloak's answer to Send. Location is the URL of what the request has made.
type Answer struct {
	Status   int
	Body     []byte
	Location string
}

// Send sends a request to the Admin REST API, below /admin/realms/{realm}. The path is escaped.
func (r *Realm) Send(ctx context.Context, method, path, body string) (Answer, error) {
	a, err := r.client.do(ctx, r.cred, request{method: method, path: "/admin/realms/" + url.PathEscape(r.realm) + path, body: body, contentType: "application/json"})
	if mayTakeEffect(method, a, err) {
		directory.OutcomeOf(ctx).Doubt()
	}
	return Answer{a.status, a.body, a.location}, err
}
