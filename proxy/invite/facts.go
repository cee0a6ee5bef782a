package invite

import (
	"context"
	"time"
)

// seen is an invitation as it was read last.
type seen struct {
	invitation Invitation
	there      bool
	at         time.Time
	failed     time.Time // when a read could not look here, or could not save what it showed
}

const (
	// writeAge is how old an invitation may be that a write relies on, and readAge one by which
	// reads are noted. A revocation by another process takes effect within writeAge.
	writeAge = 2 * time.Second
	readAge  = 5 * time.Second
	// doneAge is that of an invitation to which reads add nothing. Another process may have made a
	// new one since.
	doneAge = time.Minute
)

func (v *Invites) know(tenant string, i Invitation, there bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.known[tenant] = seen{invitation: i.clone(), there: there, at: v.Now(), failed: v.known[tenant].failed}
}

// recent returns the invitation of a tenant, which was read from the store a while ago at most.
func (v *Invites) recent(ctx context.Context, at Place, age time.Duration) (Invitation, bool, error) {
	v.mu.Lock()
	known := v.known[at.Tenant]
	v.mu.Unlock()
	if since := v.Now().Sub(known.at); known.at.IsZero() || since >= age || since < 0 {
		r, _, there, err := v.load(ctx, at.Tenant)
		if err != nil {
			return Invitation{}, false, err
		}
		v.know(at.Tenant, r.Invitation, there)
		known = seen{invitation: r.Invitation, there: there}
	}
	return known.invitation, known.there && known.invitation.Place == at && known.invitation.Open(v.Now()), nil
}

// Open returns the open invitation of a tenant, as it was within the last 2 seconds; false if there
// is none. It is for tenants that are configured, because it remembers each that it was asked for.
func (v *Invites) Open(ctx context.Context, at Place) (Invitation, bool, error) {
	return v.recent(ctx, at, writeAge)
}

// WentLive notes in the invitation of a tenant, if it has one, that the tenant is live.
func (v *Invites) WentLive(ctx context.Context, at Place) error {
	_, err := v.change(ctx, at.Tenant, func(r *record, there bool) error {
		if !there || r.Place != at || !r.Live.IsZero() {
			return errSame
		}
		r.Live = v.Now().UTC()
		return nil
	})
	return err
}

// Saw notes in the open invitation of a tenant that a read was answered, whether it looked users
// up, and whether the tenant's file says that it is live. Each of them is saved once. It reads the
// store every 5 seconds at most, and once a minute if the invitation has all of them. If the store
// fails, it is left alone for 5 seconds, and a later read notes it.
func (v *Invites) Saw(ctx context.Context, at Place, matched, live bool) {
	has := func(i Invitation) bool {
		return !i.Connected.IsZero() && (!matched || !i.Matched.IsZero()) && (!live || !i.Live.IsZero())
	}
	if v.failing(at.Tenant) {
		return
	}
	age := readAge
	if known := v.look(at.Tenant); known.there && known.invitation.Place == at && known.invitation.Open(v.Now()) && has(known.invitation) {
		age = doneAge
	}
	i, open, err := v.recent(ctx, at, age)
	if err != nil {
		v.fail(at.Tenant)
	}
	if err != nil || !open || has(i) {
		return
	}
	if v.saw(ctx, i, matched, live) != nil {
		v.fail(at.Tenant)
	}
}

// saw saves what an invitation does not have yet.
func (v *Invites) saw(ctx context.Context, i Invitation, matched, live bool) error {
	_, err := v.change(ctx, i.Tenant, func(r *record, there bool) error {
		if !there || r.ID != i.ID {
			return errSame
		}
		same, now := true, v.Now().UTC()
		if r.Connected.IsZero() {
			r.Connected, same = now, false
		}
		if matched && r.Matched.IsZero() {
			r.Matched, same = now, false
		}
		if live && r.Live.IsZero() {
			r.Live, same = now, false
		}
		if same {
			return errSame
		}
		return nil
	})
	return err
}

// look returns what is known of a tenant.
func (v *Invites) look(tenant string) seen {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.known[tenant]
}

// fail notes that the store has failed, and failing reports whether that was a moment ago.
func (v *Invites) fail(tenant string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	known := v.known[tenant]
	known.failed = v.Now()
	v.known[tenant] = known
}

func (v *Invites) failing(tenant string) bool {
	since := v.Now().Sub(v.look(tenant).failed)
	return since >= 0 && since < readAge
}
