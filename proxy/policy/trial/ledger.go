package trial

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// ledger is what a trial has made.
type ledger struct {
	Since time.Time  `json:"since"`
	Made  []resource `json:"made"`
	// Open are the places of creates that have not ended, or whose outcome is not known.
	Open []place `json:"open"`
}

// resource is one that the trial has made.
type resource struct {
	Type scim.ResourceType `json:"type"`
	ID   string            `json:"id"`
	Gone bool              `json:"gone,omitempty"` // the trial has deleted it
}

// place is that of one create.
type place struct {
	Key     string            `json:"key"`
	Request string            `json:"request"`
	Type    scim.ResourceType `json:"type"`
	At      time.Time         `json:"at"`
}

// has reports whether the trial has made a resource. If it has deleted it, Keycloak answers that it
// does not exist, which ends the repetitions of a provider.
func (l ledger) has(t scim.ResourceType, id string) bool {
	return slices.ContainsFunc(l.Made, func(r resource) bool { return r.Type == t && r.ID == id })
}

// add notes a resource.
func (l *ledger) add(t scim.ResourceType, id string) {
	if !l.has(t, id) {
		l.Made = append(l.Made, resource{Type: t, ID: id})
	}
}

// free reports whether one more resource of a type may be created.
func (l ledger) free(t scim.ResourceType) bool {
	now := 0
	for _, r := range l.Made {
		if r.Type == t && !r.Gone {
			now++
		}
	}
	for _, p := range l.Open {
		if p.Type == t {
			now++
		}
	}
	return now < Most && len(l.Made)+len(l.Open) < mostEver
}

// record is the id of the ledger. The name of a tenant has no dot.
func (t *Trial) record() string { return t.Tenant + ".trial" }

// read returns the ledger of the trial; an empty one if it has none yet.
func (m mark) read(ctx context.Context) (l ledger, rev uint64, err error) {
	found, err := m.Space.Load(ctx, m.record())
	if err != nil {
		return l, 0, scim.Unavailable("the store", err)
	}
	r := found[m.record()]
	if len(r.Body) > 0 {
		if err := json.Unmarshal(r.Body, &l); err != nil {
			return l, 0, scim.Unavailable("the record of the set-up", err)
		}
	}
	if !l.Since.Equal(m.since) {
		l = ledger{Since: m.since}
	}
	return l, r.Rev, nil
}

// tries is how often the ledger is read again because others change it at the same time.
const tries = 60

// save changes the ledger. change returns false if there is nothing to save.
func (m mark) save(ctx context.Context, change func(*ledger) (bool, error)) error {
	var err error
	for range tries {
		l, rev, failed := m.read(ctx)
		if failed != nil {
			return failed
		}
		differs, failed := change(&l)
		if failed != nil || !differs {
			return failed
		}
		body, failed := json.Marshal(l)
		if failed != nil {
			return failed
		}
		if _, err = m.Space.Save(ctx, m.record(), store.Record{Rev: rev, Body: body}); err == nil {
			return nil
		}
		if !errors.Is(err, store.ErrConflict) {
			break
		}
	}
	return scim.Unavailable("the store", err)
}

// take takes a place for a create.
func (m mark) take(ctx context.Context, p place) error {
	m.turn.Lock()
	defer m.turn.Unlock()
	return m.save(ctx, func(l *ledger) (bool, error) {
		if !l.free(p.Type) {
			if err := m.resolve(ctx, l); err != nil {
				return false, err
			}
		}
		if !l.free(p.Type) {
			return false, m.held("it can have %d users and %d groups before it is live, and has as many of the type %s", Most, Most, p.Type)
		}
		l.Open = append(l.Open, p)
		return true, nil
	})
}

// settleTime bounds what is saved after a call.
const settleTime = 5 * time.Second

// after saves a change of the ledger after a call, also if the caller is gone. What cannot be saved
// is resolved later, from the journal.
func (m mark) after(ctx context.Context, change func(*ledger) bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	m.turn.Lock()
	defer m.turn.Unlock()
	_ = m.save(ctx, func(l *ledger) (bool, error) { return change(l), nil })
}

// settle gives the place of a create back, and notes what it has made; id is "" if that is nothing.
func (m mark) settle(ctx context.Context, p place, id string) {
	m.after(ctx, func(l *ledger) bool {
		l.Open = slices.DeleteFunc(l.Open, func(o place) bool { return o.Key == p.Key })
		if id != "" {
			l.add(p.Type, id)
		}
		return true
	})
}

// gone notes that the trial has deleted a resource.
func (m mark) gone(ctx context.Context, ref scim.Ref) {
	m.after(ctx, func(l *ledger) bool {
		i := slices.Index(l.Made, resource{Type: ref.Type, ID: ref.ID})
		if i >= 0 {
			l.Made[i].Gone = true
		}
		return i >= 0
	})
}

// made reports whether the trial has made all of some resources of a type.
func (m mark) made(ctx context.Context, t scim.ResourceType, ids ...string) (bool, error) {
	l, _, err := m.read(ctx)
	if err != nil {
		return false, err
	}
	all := func() bool {
		return !slices.ContainsFunc(ids, func(id string) bool { return !l.has(t, id) })
	}
	if all() || len(l.Open) == 0 {
		return all(), nil
	}
	if err := m.resolve(ctx, &l); err != nil {
		return false, err
	}
	return all(), nil
}
