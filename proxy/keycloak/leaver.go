package keycloak

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// From Keycloak 26.8 on, a PATCH is expected to be held to the user profile with all that is
// stored of the user. A user who breaks it (made without names by an administrator, or older than
// a rule) cannot be changed by SCIM at all, and a leaver would stay in. An update by Admin REST is
// held to what the profile requires of administrators only, and {"enabled":false} is taken for a
// user without names (measured on 26.7.3; with a value that breaks another rule it is refused).

// deactivate disables a user whose PATCH was refused because what is stored breaks the profile. If
// the request changes more than that, it is still an error: the rest cannot be done.
func (r *Realm) deactivate(ctx context.Context, ref scim.Ref, ops []profile.Op, refused error) (scim.Resource, error) {
	ctx = context.WithoutCancel(ctx)
	stored, err := r.sendPatch(ctx, ref, []profile.Op{})
	if err != nil || stored.status != http.StatusBadRequest { // the request's own values are at fault
		return scim.Resource{}, refused
	}
	a, err := r.call(ctx, http.MethodPut, r.adminPath(ref), nil, `{"enabled":false}`)
	if err == nil && !a.ok() && a.status != http.StatusBadRequest {
		err = r.refused(ref, a)
	}
	if err == nil {
		if err = r.SignOut(ctx, ref); err != nil && a.ok() {
			err = scim.Left(err, nil) // the user is disabled
		}
	}
	switch {
	case err != nil:
		return scim.Resource{}, err
	case !a.ok():
		return scim.Resource{}, r.unchangeable("the user is still enabled, and was signed out", a, refused)
	case len(ops) > 1:
		return scim.Resource{}, r.unchangeable("the user was disabled and signed out, and nothing else was changed", stored, refused)
	}
	return r.read(ctx, ref, directory.Fields{})
}

// unchangeable says what became of a user that Keycloak does not let be changed, and what Keycloak
// says about it.
func (r *Realm) unchangeable(became string, a reply, refused error) error {
	body, _ := scim.ParseResource(a.body)
	said := document.Text(body.Raw("detail"))
	if field := document.Text(body.Raw("field")); field != "" { // of Admin REST
		said = r.profile.Path(field) + ": " + document.Text(body.Raw("errorMessage"))
	}
	return &scim.Error{Status: http.StatusBadRequest, Type: "invalidValue", Cause: fmt.Errorf("%s: %w", became, refused), Private: true, Remains: true, Detail: fmt.Sprintf(
		"%s: Keycloak takes no change of this user, because what it has stored breaks the realm's user profile (%s). Correct the user or the profile in Keycloak", became, said)}
}

// manages asks Admin REST whether the credential may change a user. Natively the proof is an empty
// PATCH, which says nothing of a user who breaks the profile.
func (r *Realm) manages(ctx context.Context, ref scim.Ref) error {
	a, err := r.call(ctx, http.MethodGet, r.adminPath(ref), nil, "")
	if err != nil {
		return err
	}
	var user struct {
		Access struct {
			Manage bool `json:"manage"`
		} `json:"access"`
	}
	if a.ok() && json.Unmarshal(a.body, &user) == nil && !user.Access.Manage {
		a.status = http.StatusForbidden
	}
	if !a.ok() {
		return r.refused(ref, a)
	}
	return nil
}

// adminPath is a user in the Admin REST API.
func (r *Realm) adminPath(ref scim.Ref) string {
	return "/admin/realms/" + url.PathEscape(r.realm) + "/users/" + url.PathEscape(ref.ID)
}
