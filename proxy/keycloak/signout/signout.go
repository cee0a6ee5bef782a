// Package signout ends what lets a user go on after a deactivation: sessions, and offline sessions,
// which last until their consent is deleted.
//
// Requests to Keycloak are functions. An error means that something may be left; a second call ends
// it. What is left in every case are access tokens that a service checks by their signature only,
// until they expire.
package signout

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"keycloak-scim-proxy/proxy/scim"
)

// Ended is how many sessions, and how many consents with their offline sessions, were ended.
type Ended struct{ Sessions, Consents int }

// Ask sends a request about a user to the Admin REST API; path is below the user's own. An answer
// with an error status is an error, except for 404 to a DELETE.
type Ask func(ctx context.Context, method, path string) (body []byte, err error)

// End signs a user out everywhere and reads back that nothing is left.
func End(ctx context.Context, ask Ask) (Ended, error) {
	before, err := look(ctx, ask)
	if _, failed := ask(ctx, http.MethodPost, "/logout"); err == nil { // in every case: it also refuses tokens that were issued before
		err = failed
	}
	if err != nil {
		return Ended{}, err
	}
	for _, client := range before.clients {
		if _, err := ask(ctx, http.MethodDelete, "/consents/"+url.PathEscape(client)); err != nil {
			return Ended{}, err
		}
	}
	ended := Ended{before.sessions, len(before.clients)}
	if ended == (Ended{}) {
		return ended, nil
	}
	after, err := look(ctx, ask)
	if err == nil && (after.sessions > 0 || len(after.clients) > 0) {
		err = scim.Unavailable("the sign-out", errors.New("the user still has sessions or consents"))
	}
	return ended, err
}

// held is what a user has.
type held struct {
	sessions int
	clients  []string // with a consent or offline sessions
}

func look(ctx context.Context, ask Ask) (h held, err error) {
	var sessions []struct{}
	var consents []struct {
		ClientID string `json:"clientId"`
	}
	for _, of := range []struct {
		path string
		into any
	}{{"/sessions", &sessions}, {"/consents", &consents}} {
		body, err := ask(ctx, http.MethodGet, of.path)
		if err != nil {
			return h, err
		}
		if err := json.Unmarshal(body, of.into); err != nil {
			return h, scim.Upstream(err)
		}
	}
	h.sessions = len(sessions)
	for _, c := range consents {
		h.clients = append(h.clients, c.ClientID)
	}
	return h, nil
}
