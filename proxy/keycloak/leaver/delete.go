package leaver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/refusal"
	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Delete removes a resource: a user by the mode. A user that the same request has created is always
// deleted, because the create has failed.
func (d *Directory) Delete(ctx context.Context, ref scim.Ref) error {
	if of, made := d.made.LoadAndDelete(ref.ID); ref.Type != scim.User || made && of == directory.OutcomeOf(ctx) {
		return d.Directory.Delete(ctx, ref)
	}
	if !representation.ValidID(ref.ID) {
		return scim.NotFound(ref)
	}
	if !d.options.hides() {
		if err := d.local(ctx, ref); err != nil {
			return err
		}
		return d.Directory.Delete(ctx, ref)
	}
	shown, err := d.Directory.Get(ctx, ref, directory.Fields{})
	if err != nil {
		return err
	}
	if isLeaver(shown) { // an earlier DELETE may have failed in the middle
		if err = d.realm.SignOut(ctx, ref); err == nil {
			err = d.leaveGroups(ctx, ref, shown)
		}
		if err == nil {
			err = gone(ref)
		}
		return err
	}
	if err := d.local(ctx, ref); err != nil {
		return err
	}
	if err := d.leave(ctx, ref); err != nil {
		return err
	}
	if err := d.leaveGroups(ctx, ref, shown); err != nil {
		return scim.Left(err, nil) // the user is a leaver; a retry goes on with the groups
	}
	return nil
}

// leave makes a user a leaver. The update also ends the user's sessions.
func (d *Directory) leave(ctx context.Context, ref scim.Ref) error {
	kind := map[Mode]string{Park: parked, Deactivate: deactivated}[d.options.Mode]
	mail := marked(kind, ref.ID, d.options.Now())
	rename := func(name string) error {
		_, err := d.Directory.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) {
			wanted := current.With("active", "false").With("emails", `[{"value":`+document.Quote(mail)+`,"type":"work","primary":true}]`)
			if d.options.Mode == Park {
				wanted = wanted.With("userName", document.Quote(name))
			}
			return wanted, nil
		})
		return err
	}
	err := rename(parked + ref.ID)
	if f, broken := fault.In(err); broken && f.Cause == fault.Address { // the realm shows the address as userName
		err = rename(mail)
	}
	if status := scim.Status(err); status != http.StatusBadRequest && status != http.StatusConflict {
		return err
	}
	_, failed := d.Directory.Update(ctx, ref, func(current scim.Resource) (scim.Resource, error) { return current.With("active", "false"), nil })
	if failed != nil {
		return scim.Left(err, failed)
	}
	e := scim.Fail(scim.Status(err), scim.AsError(err).Type, "the user was deactivated and signed out, but not removed: %s", scim.AsError(err).Detail)
	e.Cause, e.Private, e.Remains = err, scim.AsError(err).Private, true
	return e
}

// leaveGroups takes a user out of the groups that it was shown with.
func (d *Directory) leaveGroups(ctx context.Context, ref scim.Ref, shown scim.Resource) error {
	for _, e := range document.Elements(shown.Raw("groups")) {
		g, err := scim.Part(e)
		if err != nil {
			return scim.Upstream(err)
		}
		a, err := d.realm.Send(ctx, http.MethodDelete, "/users/"+url.PathEscape(ref.ID)+"/groups/"+url.PathEscape(document.Text(g.Raw("value"))), "")
		switch {
		case err != nil:
			return err
		case a.Status != http.StatusNoContent && a.Status != http.StatusNotFound:
			return refusal.Unclear(a.Status, a.Body)
		}
	}
	return nil
}

// local returns a 403 error if a user comes from a federation, such as LDAP. Other answers of
// Keycloak are left to the request itself.
func (d *Directory) local(ctx context.Context, ref scim.Ref) error {
	a, err := d.realm.Send(ctx, http.MethodGet, "/users/"+url.PathEscape(ref.ID), "")
	if err != nil || a.Status != http.StatusOK {
		return err
	}
	var user representation.User
	if err := json.Unmarshal(a.Body, &user); err != nil {
		return scim.Upstream(err)
	}
	if user.Federation == "" {
		return nil
	}
	return scim.Forbidden("the user comes from a directory that is connected to Keycloak (LDAP), and is managed there: it cannot be deleted here, and changed only if that directory is writable")
}

// usersAtOnce is how many users one request looks for.
const usersAtOnce = 100

// exist returns an error if one of the users is a leaver. Users that are not there are left to the
// request itself.
func (d *Directory) exist(ctx context.Context, ids []string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !representation.ValidID(id) })
	if len(ids) == 0 {
		return nil
	}
	query := url.Values{"search": {"id:" + strings.Join(ids, " ")}, "briefRepresentation": {"true"}, "max": {fmt.Sprint(len(ids))}}
	a, err := d.realm.Send(ctx, http.MethodGet, "/users?"+query.Encode(), "")
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return refusal.Unclear(a.Status, a.Body)
	}
	var found []representation.User
	if err := json.Unmarshal(a.Body, &found); err != nil {
		return scim.Upstream(err)
	}
	for _, u := range found {
		if u.Email != nil && Reserved(*u.Email) {
			return scim.InvalidValue("member %.64q does not exist", u.ID)
		}
	}
	return nil
}
