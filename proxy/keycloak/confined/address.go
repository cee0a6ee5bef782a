package confined

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/profile"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// A realm may use the e-mail address as userName ("Email as username"). The account cannot see the
// setting, and a user that it creates has the address as its stored name too, so that another user
// may get the requested name. So a write after which Keycloak shows the address instead of the
// requested name is undone, and is a fault. A provider that sends the address as userName is
// served.

// renamed reports whether Keycloak shows the address instead of the requested userName.
func renamed(requested, shown scim.Resource) bool {
	name, got := document.Trim(document.Text(requested.Get(userName))), document.Text(shown.Get(userName))
	return name != "" && !strings.EqualFold(name, got) && strings.EqualFold(got, profile.Address(shown.Get(emails)))
}

func (d *Directory) addressed() error {
	return d.Fault(fault.Address, "the e-mail address was shown instead of the userName that was sent")
}

// unmade deletes a new user that got its address as userName.
func (d *Directory) unmade(ctx context.Context, made scim.Ref) error {
	if err := d.Realm.Delete(context.WithoutCancel(ctx), made); err != nil && !scim.IsGone(err) {
		return scim.Left(d.addressed(), err)
	}
	return d.addressed()
}

// unnamed undoes an update after which the user has its address as userName. The userName that
// Keycloak stores is not shown: the Admin REST API sets it to the address (measured).
func (d *Directory) unnamed(ctx context.Context, ref scim.Ref, before, after scim.Resource) error {
	ctx = context.WithoutCancel(ctx)
	err := directory.PutBack(ctx, d.Realm, ref, before, after, d.addressed())
	body, _ := json.Marshal(map[string]string{"username": document.Text(before.Get(userName))}) // a map of texts
	a, sendErr := d.Send(ctx, http.MethodPut, "/users/"+ref.ID, string(body))
	switch {
	case sendErr != nil:
		return scim.Left(err, sendErr)
	case a.Status != http.StatusNoContent:
		return scim.Left(err, errors.New("Keycloak answered "+fault.Said(a.Status, a.Body)))
	}
	return err
}
