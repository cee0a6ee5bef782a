package issued

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/tokens"
)

var (
	// ErrNoTenant means that no tenant of this name is configured.
	ErrNoTenant = errors.New("issued: there is no such tenant")
	// ErrNoToken means that the tenant has no token with this id that was made at run time.
	ErrNoToken = errors.New("issued: the tenant has no token with this id that was made at run time")
)

// Make makes a token of a tenant. by names its maker: an operator, or a set-up link. It expires at
// a time that is to come, or never if that is zero. The text is returned only here. If it fails, no
// text of a token has left the process.
func (t *Tokens) Make(ctx context.Context, tenant, by string, expires time.Time) (tokens.Token, Token, error) {
	return t.make(ctx, tenant, by, expires, func([]Token) []string { return nil }, "")
}

// Rotate makes a token as Make does, and lets the live ones that others selects expire after the
// overlap, unless they expire earlier. A nil others selects all.
func (t *Tokens) Rotate(ctx context.Context, tenant, by string, expires time.Time, overlap time.Duration, others func(Token) bool) (tokens.Token, Token, error) {
	end := t.o.Now().Add(max(overlap, 0)).UTC().Truncate(time.Second)
	expire := func(all []Token) (changed []string) {
		for i, one := range all {
			live := one.State(t.o.Now()) == Live && (one.Expires.IsZero() || one.Expires.After(end))
			if live && (others == nil || others(one)) {
				all[i].Expires = end
				changed = append(changed, one.ID)
			}
		}
		return changed
	}
	return t.make(ctx, tenant, by, expires, expire, "until "+end.Format(time.RFC3339)+" only: ")
}

// make makes a token, after others has changed the tokens that exist. others returns their ids.
func (t *Tokens) make(ctx context.Context, tenant, by string, expires time.Time, others func([]Token) []string, said string) (text tokens.Token, made Token, err error) {
	place, configured := t.o.Place(tenant)
	now := t.o.Now().UTC().Truncate(time.Second)
	switch {
	case !configured:
		return text, made, fmt.Errorf("%w: %s", ErrNoTenant, tenant)
	case !expires.IsZero() && !expires.After(t.o.Now()):
		return text, made, fmt.Errorf("issued: %s is not to come", expires.Format(time.RFC3339))
	}
	id := newID()
	err = t.change(ctx, tenant, by, func(all []Token) ([]Token, []note, error) {
		changed := others(all)
		kept, err := trim(all, t.o.Now())
		if err != nil {
			return nil, nil, err
		}
		for _, there := find(kept, id); there || t.o.Taken(tenant, id); _, there = find(kept, id) {
			id = newID()
		}
		if text, err = tokens.Mint(rand.Reader, tenant, id); err != nil {
			return nil, nil, err
		}
		made = Token{ID: id, SHA256: fmt.Sprintf("%x", text.SHA256()), Place: place, Made: now, By: by, Expires: expires.UTC()}
		return append(kept, made), []note{{journal.TokenMade, id, terms(expires, said, changed)}}, nil
	})
	if err != nil {
		return tokens.Token{}, Token{}, err
	}
	made.SHA256 = ""
	return text, made, nil
}

// terms says until when a new token is valid, and what became of others.
func terms(expires time.Time, said string, changed []string) string {
	why := "it does not expire"
	if !expires.IsZero() {
		why = "it expires at " + expires.UTC().Format(time.RFC3339)
	}
	if len(changed) > 0 {
		why += "; " + said + strings.Join(changed, ", ")
	}
	return why
}

// Revoke revokes a token. One that is revoked already stays as it is.
func (t *Tokens) Revoke(ctx context.Context, tenant, id, by string) error {
	_, err := t.revoke(ctx, tenant, by, func(one Token) bool { return one.ID == id })
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrNoToken) {
		return fmt.Errorf("%w: %s", err, id)
	}
	return err
}

// RevokeAll revokes the tokens of a tenant that which selects, and returns the ids of those that
// were live. A nil which selects all.
func (t *Tokens) RevokeAll(ctx context.Context, tenant, by string, which func(Token) bool) ([]string, error) {
	ids, err := t.revoke(ctx, tenant, by, func(one Token) bool { return which == nil || which(one) })
	if errors.Is(err, ErrNoToken) {
		err = nil
	}
	return ids, err
}

func (t *Tokens) revoke(ctx context.Context, tenant, by string, which func(Token) bool) (ids []string, err error) {
	now, found := t.o.Now().UTC(), false
	err = t.change(ctx, tenant, by, func(all []Token) (_ []Token, notes []note, _ error) {
		ids, found = nil, false
		for i, one := range all {
			if !which(one) {
				continue
			}
			found = true
			if one.Revoked.IsZero() {
				all[i].Revoked, all[i].RevokedBy = now, by
				ids = append(ids, one.ID)
				notes = append(notes, note{journal.TokenRevoked, one.ID, ""})
			}
		}
		if !found {
			return nil, nil, ErrNoToken
		}
		return all, notes, nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// Drop deletes all that is kept of the tokens of a tenant, which is removed. It returns the ids of
// those that were live. The tenant need not be configured, and its record may be damaged.
func (t *Tokens) Drop(ctx context.Context, tenant, by string) (ids []string, err error) {
	found, err := t.o.Space.Load(ctx, tenant)
	if err != nil {
		return nil, err
	}
	r, there := found[tenant]
	all, _ := decode(tenant, r, there)
	n := t.notes(tenant, by)
	for _, one := range all {
		if one.State(t.o.Now()) == Live {
			ids = append(ids, one.ID)
			err = errors.Join(err, n.add(ctx, note{journal.TokenRevoked, one.ID, "the tenant is removed"}))
		}
	}
	if err == nil {
		err = t.o.Space.Delete(ctx, tenant)
	}
	if ended := n.end(ctx, err); err != nil {
		return nil, errors.Join(err, ended)
	}
	t.wrote(tenant, nil, 0)
	return ids, nil
}

// List returns the tokens of a tenant as the store has them, without hashes, in the order in which
// they were made.
func (t *Tokens) List(ctx context.Context, tenant string) ([]Token, error) {
	found, err := t.o.Space.Load(ctx, tenant)
	if err != nil {
		return nil, err
	}
	r, there := found[tenant]
	all, err := decode(tenant, r, there)
	for i := range all {
		all[i].SHA256 = ""
	}
	return all, err
}

// attempts bounds how often a change is made again because another process changes the record at
// the same time.
const attempts = 100

// change changes the tokens of a tenant. do gets a copy of them, may be called more than once, and
// returns what the journal must say. That is written before the change: if it cannot be, nothing is
// changed. If the change fails after it, the journal says so.
func (t *Tokens) change(ctx context.Context, tenant, by string, do func([]Token) ([]Token, []note, error)) error {
	n := t.notes(tenant, by)
	err := store.ErrConflict
	for i := 0; i < attempts && errors.Is(err, store.ErrConflict); i++ {
		err = t.try(ctx, tenant, n, do)
	}
	ended := n.end(ctx, err)
	if err != nil {
		return errors.Join(err, ended)
	}
	return nil // the change is made, whatever the journal says of it
}

// try makes a change once.
func (t *Tokens) try(ctx context.Context, tenant string, n *notes, do func([]Token) ([]Token, []note, error)) error {
	found, err := t.o.Space.Load(ctx, tenant)
	if err != nil {
		return err
	}
	r, there := found[tenant]
	all, err := decode(tenant, r, there)
	if err != nil {
		return err
	}
	all, said, err := do(all)
	if err != nil {
		return err
	}
	body, err := json.Marshal(record{all})
	if err != nil {
		return err
	}
	if err := n.add(ctx, said...); err != nil {
		return err
	}
	rev, err := t.o.Space.Save(ctx, tenant, store.Record{Rev: r.Rev, Body: body})
	if err == nil {
		t.wrote(tenant, all, rev)
	}
	return err
}
