package invite

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
)

// Look checks a link and changes nothing: scanners of mails open links too. The error is
// ErrInvalid, ErrStore or an *EndedError.
func (v *Invites) Look(ctx context.Context, link string) (Invitation, error) {
	c, err := v.claimed(ctx, forLink, link)
	if err != nil {
		return Invitation{}, err
	}
	r, _, there, err := v.load(ctx, c.Tenant)
	if err == nil {
		err = v.usable(c, r, there)
	}
	if err != nil {
		return Invitation{}, err
	}
	return r.Invitation, nil
}

// Enter exchanges a link for a session. Of all calls with a link, in all processes, one succeeds.
// The cookie ends with the invitation. The error is as that of Look.
func (v *Invites) Enter(ctx context.Context, link string) (cookie string, i Invitation, err error) {
	c, err := v.claimed(ctx, forLink, link)
	if err != nil {
		return "", i, err
	}
	key, err := v.signing(ctx)
	if err != nil {
		return "", i, err
	}
	session := c
	session.Secret = rand.Text()
	if cookie, err = sign(key, forSession, session); err != nil {
		return "", i, err
	}
	i, err = v.change(ctx, c.Tenant, func(r *record, there bool) error {
		if err := v.usable(c, *r, there); err != nil {
			return err
		}
		r.Opened, r.Session = v.Now().UTC(), hash(session.Secret)
		return nil
	})
	if err != nil {
		return "", Invitation{}, err
	}
	return cookie, i, nil
}

// Session returns the invitation of a session. The error is as that of Look.
func (v *Invites) Session(ctx context.Context, cookie string) (Invitation, error) {
	c, err := v.claimed(ctx, forSession, cookie)
	if err != nil {
		return Invitation{}, err
	}
	r, _, there, err := v.load(ctx, c.Tenant)
	switch {
	case err != nil:
		return Invitation{}, err
	case !there || r.ID != c.ID:
		return Invitation{}, &EndedError{Why: Replaced}
	}
	if err := r.ended(v.Now()); err != nil {
		return Invitation{}, err
	}
	if subtle.ConstantTimeCompare([]byte(hash(c.Secret)), []byte(r.Session)) != 1 {
		return Invitation{}, ErrInvalid
	}
	return r.Invitation, nil
}

// claimed is the claim of a text that has not expired. A text that is not one of this proxy costs
// no access to the store, except for the first of a process.
func (v *Invites) claimed(ctx context.Context, purpose, text string) (claim, error) {
	key, err := v.signing(ctx)
	if err != nil {
		return claim{}, err
	}
	c, ok := verify(key, purpose, text)
	switch {
	case !ok:
		return claim{}, ErrInvalid
	case !v.Now().Before(c.expires()):
		return claim{}, &EndedError{Expired, c.expires()}
	}
	return c, nil
}

// usable is nil if a link can be exchanged.
func (v *Invites) usable(c claim, r record, there bool) error {
	if !there || r.ID != c.ID {
		return &EndedError{Why: Replaced}
	}
	if err := r.ended(v.Now()); err != nil {
		return err
	}
	if !r.Opened.IsZero() {
		return &EndedError{Used, r.Opened}
	}
	return nil
}

func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
