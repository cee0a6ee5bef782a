package issued

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
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
	var changed []string
	err = t.change(ctx, tenant, func(all []Token) ([]Token, error) {
		changed = others(all)
		kept, err := trim(all, t.o.Now())
		if err != nil {
			return nil, err
		}
		id := newID()
		for _, there := find(kept, id); there || t.o.Taken(tenant, id); _, there = find(kept, id) {
			id = newID()
		}
		if text, err = tokens.Mint(rand.Reader, tenant, id); err != nil {
			return nil, err
		}
		made = Token{ID: id, SHA256: fmt.Sprintf("%x", text.SHA256()), Place: place, Made: now, By: by, Expires: expires.UTC()}
		return append(kept, made), nil
	})
	if err != nil {
		return tokens.Token{}, Token{}, err
	}
	why := "it does not expire"
	if !expires.IsZero() {
		why = "it expires at " + expires.UTC().Format(time.RFC3339)
	}
	for i, id := range changed {
		if i == 0 {
			why += "; " + said
		} else {
			why += ", "
		}
		why += id
	}
	if err := t.note(ctx, journal.TokenMade, tenant, by, made.ID, why); err != nil {
		return tokens.Token{}, Token{}, fmt.Errorf("a token was made and is thrown away, because the journal cannot be written: %w", err)
	}
	made.SHA256 = ""
	return text, made, nil
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
	err = t.change(ctx, tenant, func(all []Token) ([]Token, error) {
		ids, found = nil, false
		for i, one := range all {
			if !which(one) {
				continue
			}
			found = true
			if one.Revoked.IsZero() {
				all[i].Revoked, all[i].RevokedBy = now, by
				ids = append(ids, one.ID)
			}
		}
		if !found {
			return nil, ErrNoToken
		}
		return all, nil
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := t.note(ctx, journal.TokenRevoked, tenant, by, id, ""); err != nil {
			return ids, fmt.Errorf("the token is revoked, but the journal cannot be written: %w", err)
		}
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
	if err := t.o.Space.Delete(ctx, tenant); err != nil {
		return nil, err
	}
	t.wrote(tenant, nil, 0)
	for _, one := range all {
		if one.State(t.o.Now()) == Live {
			ids = append(ids, one.ID)
			if err := t.note(ctx, journal.TokenRevoked, tenant, by, one.ID, "the tenant is removed"); err != nil {
				return ids, err
			}
		}
	}
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

// change changes the tokens of a tenant. do gets a copy of them, and may be called more than once.
func (t *Tokens) change(ctx context.Context, tenant string, do func([]Token) ([]Token, error)) error {
	for range attempts {
		found, err := t.o.Space.Load(ctx, tenant)
		if err != nil {
			return err
		}
		r, there := found[tenant]
		all, err := decode(tenant, r, there)
		if err == nil {
			all, err = do(all)
		}
		if err != nil {
			return err
		}
		body, err := json.Marshal(record{all})
		if err != nil {
			return err
		}
		rev, err := t.o.Space.Save(ctx, tenant, store.Record{Rev: r.Rev, Body: body})
		if err == nil {
			t.wrote(tenant, all, rev)
		}
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return store.ErrConflict
}

func (t *Tokens) note(ctx context.Context, did journal.Action, tenant, by, id, why string) error {
	return t.o.Journal(tenant).Note(ctx, &journal.Entry{Who: journal.Who{Tenant: tenant, Operator: by}, Verb: string(did), Name: id, Reason: why})
}
