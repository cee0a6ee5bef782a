package brokerlink

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/proxy/keycloak/leaver"
	"keycloak-scim-proxy/proxy/keycloak/refusal"
	"keycloak-scim-proxy/proxy/keycloak/representation"
	"keycloak-scim-proxy/proxy/scim"
)

// Identity is a link as the Admin REST API has it.
type Identity struct {
	Provider string `json:"identityProvider"`
	UserID   string `json:"userId"`
	UserName string `json:"userName"`
}

// holders are the users that have a link, as far as the account sees them: leavers, and others.
type holders struct{ leavers, others []string }

func (d *Directory) holders(ctx context.Context, externalID string) (h holders, err error) {
	query := url.Values{"idpAlias": {d.options.Provider}, "idpUserId": {externalID}, "briefRepresentation": {"true"}}
	a, err := d.realm.Send(ctx, http.MethodGet, "/users?"+query.Encode(), "")
	if err != nil {
		return h, err
	}
	if a.Status != http.StatusOK {
		return h, refusal.Unclear(a.Status, a.Body)
	}
	var found []representation.User
	if err := json.Unmarshal(a.Body, &found); err != nil {
		return h, scim.Upstream(err)
	}
	for _, u := range found {
		if u.Email != nil && leaver.Reserved(*u.Email) {
			h.leavers = append(h.leavers, u.ID)
		} else {
			h.others = append(h.others, u.ID)
		}
	}
	return h, nil
}

func (d *Directory) path(user string) string {
	return "/users/" + url.PathEscape(user) + "/federated-identity/" + url.PathEscape(d.options.Provider)
}

// linked returns the external id that a user is linked to, "" if it is not linked.
func (d *Directory) linked(ctx context.Context, user string) (string, error) {
	a, err := d.realm.Send(ctx, http.MethodGet, "/users/"+url.PathEscape(user)+"/federated-identity", "")
	if err != nil {
		return "", err
	}
	if a.Status != http.StatusOK {
		return "", refusal.Unclear(a.Status, a.Body)
	}
	var all []Identity
	if err := json.Unmarshal(a.Body, &all); err != nil {
		return "", scim.Upstream(err)
	}
	for _, one := range all {
		if one.Provider == d.options.Provider {
			return one.UserID, nil
		}
	}
	return "", nil
}

// link links a user, which must not have a link to the provider.
func (d *Directory) link(ctx context.Context, user string, to Identity) error {
	body, err := json.Marshal(to)
	if err != nil {
		return err
	}
	return d.send(ctx, http.MethodPost, user, string(body))
}

// unlink removes the link of a user. One that is gone is not an error.
func (d *Directory) unlink(ctx context.Context, user string) error {
	return d.send(ctx, http.MethodDelete, user, "")
}

func (d *Directory) send(ctx context.Context, method, user, body string) error {
	a, err := d.realm.Send(ctx, method, d.path(user), body)
	if err == nil && a.Status != http.StatusNoContent && (method != http.MethodDelete || a.Status != http.StatusNotFound) {
		err = refusal.Unclear(a.Status, a.Body)
	}
	return err
}

// set makes a user have exactly this link. It returns the external id that the user was linked to.
func (d *Directory) set(ctx context.Context, user string, to Identity) (was string, err error) {
	if was, err = d.linked(ctx, user); err != nil || was == to.UserID {
		return was, err
	}
	if was != "" {
		if err := d.unlink(ctx, user); err != nil {
			return was, err
		}
	}
	return was, d.link(ctx, user, to)
}
