package invite

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// SpaceName is the name of the space with the invitations.
const SpaceName = "invites"

// Bounds of how long an invitation is open.
const (
	Shortest = time.Minute
	Longest  = 30 * 24 * time.Hour
)

// maxReason bounds the reason of a waiver, in bytes.
const maxReason = 500

// Options of Invites.
type Options struct {
	// Space has the invitations, by tenant.
	Space store.Space
	Now   func() time.Time
}

// Invites has the invitations of all tenants. It is safe for concurrent use.
type Invites struct {
	Options

	signer sync.Mutex // of key
	key    []byte

	mu    sync.Mutex
	known map[string]seen // by tenant, of those that were asked for
}

// New returns the invitations in a space. It does not access the store.
func New(o Options) *Invites { return &Invites{Options: o, known: map[string]seen{}} }

// record is an invitation as the store keeps it.
type record struct {
	Invitation

	// Session is the hash of the secret of the session, in hexadecimal digits; "" before there is
	// one.
	Session string `json:"session,omitempty"`
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", ErrStore, err) }

// load reads the record of a tenant; false if there is none.
func (v *Invites) load(ctx context.Context, tenant string) (r record, rev uint64, there bool, err error) {
	found, err := v.Space.Load(ctx, tenant)
	if err != nil {
		return r, 0, false, unavailable(err)
	}
	one, there := found[tenant]
	if !there {
		return r, 0, false, nil
	}
	if err := json.Unmarshal(one.Body, &r); err != nil {
		return r, one.Rev, false, fmt.Errorf("%w: the invitation of %s: %w", store.ErrUnreadable, tenant, err)
	}
	return r, one.Rev, true, nil
}

// tries is how often a record is read again because others change it at the same time.
const tries = 10

// errSame means that a change has nothing to save.
var errSame = errors.New("nothing changes")

// change reads a record, changes it, and saves it if change returns no error. there is false, and
// the record empty, if the tenant has none.
func (v *Invites) change(ctx context.Context, tenant string, change func(r *record, there bool) error) (Invitation, error) {
	var err error
	for range tries {
		r, rev, there, failed := v.load(ctx, tenant)
		if failed != nil && !errors.Is(failed, store.ErrUnreadable) {
			return Invitation{}, failed
		}
		if failed != nil { // a damaged record counts as none, and a new invitation replaces it
			r = record{}
		}
		if decided := change(&r, there); decided != nil {
			if errors.Is(decided, errSame) {
				v.know(tenant, r.Invitation, there)
				return r.Invitation, nil
			}
			return Invitation{}, decided
		}
		body, failed := json.Marshal(r)
		if failed != nil {
			return Invitation{}, failed
		}
		if _, err = v.Space.Save(ctx, tenant, store.Record{Rev: rev, Body: body}); err == nil {
			v.know(tenant, r.Invitation, true)
			return r.Invitation.clone(), nil
		}
		if !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	return Invitation{}, unavailable(err)
}

// Make makes an invitation that is open for a span, and ends the former one of the tenant. The link
// is the text behind the last slash of its URL; it is not kept and cannot be shown again. before is
// called once with the invitation, before anything is saved; its error ends the call.
func (v *Invites) Make(ctx context.Context, at Place, by string, span time.Duration, staged bool, before func(Invitation) error) (link string, made Invitation, err error) {
	if span < Shortest || span > Longest {
		return "", made, fmt.Errorf("an invitation is open for at least %s and at most %d days", Shortest, Longest/(24*time.Hour))
	}
	key, err := v.signing(ctx)
	if err != nil {
		return "", made, err
	}
	now := v.Now().UTC().Truncate(time.Second)
	fresh := Invitation{Place: at, ID: rand.Text(), Made: now, By: by, Expires: now.Add(span), Since: now, Staged: staged}
	if link, err = sign(key, forLink, claim{Tenant: at.Tenant, ID: fresh.ID, Expires: fresh.Expires.Unix()}); err != nil {
		return "", made, err
	}
	if len(link) > maxText {
		return "", made, errors.New("the name of the tenant is too long for a link")
	}
	if err = before(fresh); err != nil {
		return "", made, err
	}
	made, err = v.change(ctx, at.Tenant, func(r *record, _ bool) error {
		next := fresh
		if r.continues(at, staged) {
			next.Since, next.Connected, next.Matched, next.Waived = r.Since, r.Connected, r.Matched, r.Waived
		}
		*r = record{Invitation: next}
		return nil
	})
	if err != nil {
		return "", Invitation{}, err
	}
	return link, made, nil
}

// Of returns the invitation of a tenant. It is ErrNone if there is none, or one of another place.
func (v *Invites) Of(ctx context.Context, at Place) (Invitation, error) {
	r, _, there, err := v.load(ctx, at.Tenant)
	switch {
	case err != nil:
		return Invitation{}, err
	case !there || r.Place != at:
		return Invitation{}, ErrNone
	}
	return r.Invitation, nil
}

// Revoke ends the invitation of a tenant with its session. Other processes notice within writeAge.
func (v *Invites) Revoke(ctx context.Context, at Place, by string) (Invitation, error) {
	return v.change(ctx, at.Tenant, func(r *record, there bool) error {
		switch {
		case !there || r.Place != at:
			return ErrNone
		case !r.Revoked.IsZero():
			return errSame
		}
		r.Revoked, r.RevokedBy, r.Session = v.Now().UTC(), by, ""
		return nil
	})
}

// Waive notes that a line of the checklist does not matter.
func (v *Invites) Waive(ctx context.Context, at Place, line, reason, by string) (Invitation, error) {
	if len(reason) > maxReason {
		return Invitation{}, fmt.Errorf("the reason has %d bytes, at most %d", len(reason), maxReason)
	}
	return v.waivers(ctx, at, func(all map[string]Waiver) error {
		all[line] = Waiver{Reason: reason, By: by, At: v.Now().UTC()}
		return nil
	})
}

// Unwaive takes a waiver back. Without one nothing changes.
func (v *Invites) Unwaive(ctx context.Context, at Place, line string) (Invitation, error) {
	return v.waivers(ctx, at, func(all map[string]Waiver) error {
		if _, is := all[line]; !is {
			return errSame
		}
		delete(all, line)
		return nil
	})
}

func (v *Invites) waivers(ctx context.Context, at Place, change func(map[string]Waiver) error) (Invitation, error) {
	return v.change(ctx, at.Tenant, func(r *record, there bool) error {
		if !there || r.Place != at {
			return ErrNone
		}
		r.Invitation = r.clone()
		if r.Waived == nil {
			r.Waived = map[string]Waiver{}
		}
		return change(r.Waived)
	})
}
