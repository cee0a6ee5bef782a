package onboarding

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Realm has the properties of a realm that onboarding needs.
type Realm struct {
	// SCIM reports whether the realm's SCIM API is enabled.
	SCIM bool `json:"scimApiEnabled"`
	// EditUsername reports whether users may be renamed.
	EditUsername bool `json:"editUsernameAllowed"`
	// EmailAsUsername reports whether users have their e-mail address as userName.
	EmailAsUsername bool `json:"registrationEmailAsUsername"`
	// FineGrained reports whether permissions of the realm confine administrators.
	FineGrained bool `json:"adminPermissionsEnabled"`
	// PermissionsClient is the client that has these permissions.
	PermissionsClient struct {
		ID string `json:"id"`
	} `json:"adminPermissionsClient"`
	// Organizations reports whether the realm has organizations.
	Organizations bool `json:"organizationsEnabled"`
	// Attributes of the realm, including Keycloak's own.
	Attributes map[string]string `json:"attributes"`

	DefaultRole struct {
		Name string `json:"name"`
	} `json:"defaultRole"`
}

// Limits reports settings of the realm that an identity provider will run into.
//
// From Keycloak 26.8 on, a rename by SCIM is expected to be refused while "Edit username" is off,
// which is the default; 26.7.3 renames nevertheless (measured). The switch is not set in a realm
// that exists: it also lets users rename themselves, if the user profile permits them to edit the
// username.
func (r Realm) Limits() []string {
	if r.EditUsername {
		return nil
	}
	return []string{`"Edit username" is off in the login settings, so that from Keycloak 26.8 on an identity provider cannot change a userName. ` +
		"Before you switch it on: it also lets users rename themselves, unless the user profile permits only administrators to edit the username"}
}

// errNoSCIM means that Keycloak answered 204 to scimApiEnabled and did not store it.
var errNoSCIM = errors.New("Keycloak ignored scimApiEnabled, because it runs without its SCIM API: start it with --features=scim-api, then repeat this")

// Realm reads a realm and reports whether it exists.
func (a *Admin) Realm(ctx context.Context, realm string) (r Realm, exists bool, err error) {
	err = a.do(ctx, http.MethodGet, nil, &r, realm)
	if Status(err) == http.StatusNotFound {
		return Realm{}, false, nil
	}
	if err != nil {
		return Realm{}, false, fmt.Errorf("realm %q: %w", realm, err)
	}
	return r, true, nil
}

// CreateRealm creates a realm with these attributes, whose users may be renamed. It fails if the
// realm exists.
func (a *Admin) CreateRealm(ctx context.Context, realm string, attributes map[string]string) error {
	doc := map[string]any{"realm": realm, "enabled": true, "editUsernameAllowed": true, "attributes": attributes}
	if err := a.do(ctx, http.MethodPost, doc, nil); err != nil {
		return fmt.Errorf("create realm %q: %w", realm, err)
	}
	return nil
}

// DeleteRealm deletes a realm with everything in it.
func (a *Admin) DeleteRealm(ctx context.Context, realm string) error {
	if err := a.do(ctx, http.MethodDelete, nil, nil, realm); err != nil {
		return fmt.Errorf("delete realm %q: %w", realm, err)
	}
	return nil
}

// EnableSCIM enables the SCIM API of a realm, and checks by reading it back. Its PUT has only
// scimApiEnabled: Keycloak keeps every other member of the realm (measured on 26.7.3). A PUT of the
// whole document would write defaults into the realm's attributes and undo concurrent changes.
func (a *Admin) EnableSCIM(ctx context.Context, realm string) error {
	r, _, err := a.Realm(ctx, realm)
	if err != nil || r.SCIM {
		return err
	}
	if err := a.do(ctx, http.MethodPut, map[string]bool{"scimApiEnabled": true}, nil, realm); err != nil {
		return fmt.Errorf("enable the SCIM API of realm %q: %w", realm, err)
	}
	if r, _, err = a.Realm(ctx, realm); err != nil {
		return err
	}
	if !r.SCIM {
		return fmt.Errorf("enable the SCIM API of realm %q: %w", realm, errNoSCIM)
	}
	return nil
}
