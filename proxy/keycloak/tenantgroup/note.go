package tenantgroup

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"keycloak-scim-proxy/proxy/keycloak"
	"keycloak-scim-proxy/proxy/keycloak/fault"
	"keycloak-scim-proxy/proxy/keycloak/refusal"
)

const (
	// noteName is the name of the group of the pool that has the note. It is never shown, claimed
	// or deleted.
	noteName = "~store"
	// noteAttribute has the note.
	noteAttribute = "kscim.store"
)

// ErrNoFree means that the pool has no free group for the note.
var ErrNoFree = errors.New("tenantgroup: no free group is left in the pool for the note")

func isNote(name string) bool { return strings.EqualFold(strings.TrimSpace(name), noteName) }

// Note returns the text of SetNote, or "" if there is none.
func (g *Group) Note(ctx context.Context, r *keycloak.Realm) (string, error) {
	all, err := g.Children(ctx, r)
	for _, c := range all {
		if of := c.Attributes[noteAttribute]; isNote(c.Name) && len(of) > 0 {
			return of[0], nil
		}
	}
	return "", err
}

// SetNote keeps a text in Keycloak, where the account finds it again: in a group of the pool, which
// it takes at the first time, because the account may not change its own user (measured). The error
// is ErrNoFree if none is free.
func (g *Group) SetNote(ctx context.Context, r *keycloak.Realm, text string) error {
	return g.InPool(ctx, func(ctx context.Context) error { return g.note(ctx, r, text) })
}

func (g *Group) note(ctx context.Context, r *keycloak.Realm, text string) error {
	all, err := g.Children(ctx, r)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(all, func(c Child) bool { return isNote(c.Name) })
	if at < 0 {
		at = slices.IndexFunc(all, func(c Child) bool { return Free(c.Name) })
	}
	if at < 0 {
		return ErrNoFree
	}
	body, err := json.Marshal(Child{Name: noteName, Attributes: map[string][]string{noteAttribute: {text}}})
	if err != nil {
		return err
	}
	a, err := r.Send(ctx, http.MethodPut, "/groups/"+url.PathEscape(all[at].ID), string(body))
	switch {
	case err != nil:
		return err
	case a.Status == http.StatusForbidden:
		return r.Fault(fault.Group, "the account may not rename "+all[at].Name)
	case a.Status < 200 || a.Status > 299:
		return refusal.Unclear(a.Status, a.Body)
	}
	return nil
}
