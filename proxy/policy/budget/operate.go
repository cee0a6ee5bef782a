package budget

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// Operate is what an operator does with the guard of a tenant. It needs the store only, not a
// running proxy.
type Operate struct {
	// Space is the one of SpaceName.
	Space  store.Space
	Tenant string
	// Window is that of the tenant, for what was counted.
	Window time.Duration
	Now    func() time.Time
}

// State is what an operator sees of a guard. It is the JSON of `guard --output json`, which
// docs/commands.md documents.
type State struct {
	Tenant string `json:"tenant"`
	// State is open (nothing is held), holding or released.
	State string `json:"state"`
	// Since is when the guard began to hold changes.
	Since time.Time `json:"since,omitzero"`
	// Until is the end of a release that lasts; By and At say who released or closed last.
	Until time.Time `json:"until,omitzero"`
	By    string    `json:"by,omitempty"`
	At    time.Time `json:"at,omitzero"`
	// Counted are the users whose access was ended within the window.
	Counted int `json:"counted"`
	// HeldUsers is how many users have a change that is held, and HeldGroups the groups. More means
	// that there are too many to remember all.
	HeldUsers  int         `json:"heldUsers"`
	HeldGroups []HeldGroup `json:"heldGroups"`
	More       bool        `json:"more"`
}

// HeldGroup is a group that keeps members that a change would remove.
type HeldGroup struct {
	Name    string `json:"name"`
	Members int    `json:"members"`
}

// The values of State.State.
const (
	Open     = "open"
	Holding  = "holding"
	Released = "released"
)

// Status returns the state of the guard.
func (o Operate) Status(ctx context.Context) (State, error) {
	r, _, err := o.record(ctx)
	if err != nil {
		return State{}, err
	}
	m := momentOf(o.Now(), o.Window)
	r.Users.prune(m)
	s := r.state(o.Tenant, m.now)
	s.Counted, s.HeldUsers, s.More = r.Users.spent(), len(r.Users.Held), r.Users.Full != 0
	if err := o.groups(ctx, r.Epoch, m, &s); err != nil {
		return State{}, err
	}
	return s, nil
}

// Holding reports whether the guard holds changes.
func (o Operate) Holding(ctx context.Context) (bool, error) {
	r, _, err := o.record(ctx)
	return err == nil && r.state(o.Tenant, o.Now()).State == Holding, err
}

// Brief returns the states of many tenants without what was counted and held. Tenants without a
// record, or with one that is damaged, have none.
func Brief(ctx context.Context, space store.Space, tenants []string, now time.Time) (map[string]State, error) {
	all := map[string]State{}
	for some := range slices.Chunk(tenants, loadPage) {
		found, err := space.Load(ctx, some...)
		if err != nil {
			return nil, err
		}
		for name := range found {
			var r record
			if decode(found, name, &r, &r.rev) == nil {
				all[name] = r.state(name, now)
			}
		}
	}
	return all, nil
}

// loadPage is how many records Brief reads at once.
const loadPage = 100

func (r *record) state(tenant string, now time.Time) State {
	s := State{Tenant: tenant, State: Open, By: r.By, At: r.At, Since: r.tripped(now), HeldGroups: []HeldGroup{}}
	switch {
	case r.released(now):
		s.State, s.Until = Released, r.Until
	case !s.Since.IsZero():
		s.State = Holding
	}
	return s
}

// groups adds the groups with held changes.
func (o Operate) groups(ctx context.Context, epoch int64, m moment, s *State) error {
	found, err := o.Space.Load(ctx, o.bucketIDs()...)
	if err != nil {
		return err
	}
	for id := range found {
		var b bucket
		if err := decode(found, id, &b, &b.rev); err != nil {
			return err
		}
		if b.Epoch != epoch {
			continue
		}
		for _, l := range b.Groups {
			if l.prune(m); len(l.Held) > 0 {
				s.HeldGroups = append(s.HeldGroups, HeldGroup{l.Name, len(l.Held)})
				s.More = s.More || l.Full != 0
			}
		}
	}
	slices.SortFunc(s.HeldGroups, func(a, b HeldGroup) int {
		return cmp.Or(cmp.Compare(b.Members, a.Members), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

// Release lets all changes through until a time, and forgets what was counted and what is held. by
// names the operator.
func (o Operate) Release(ctx context.Context, until time.Time, by string) error {
	now := o.Now()
	if left := until.Sub(now); left <= 0 || left > longestRelease {
		return fmt.Errorf("the guard can be released for up to %d days", longestRelease/(24*time.Hour))
	}
	err := o.change(ctx, func(*record) record {
		return record{Epoch: now.UnixNano(), Until: until.UTC(), By: by, At: now.UTC()}
	})
	if err != nil {
		return err
	}
	return o.Space.Delete(ctx, o.bucketIDs()...)
}

// Close ends a release. The budget is whole then.
func (o Operate) Close(ctx context.Context, by string) error {
	return o.change(ctx, func(r *record) record {
		if r.released(o.Now()) {
			r.Until, r.By, r.At = time.Time{}, by, o.Now().UTC()
		}
		return *r
	})
}

// change replaces the record. One that cannot be understood is replaced too.
func (o Operate) change(ctx context.Context, to func(*record) record) error {
	var err error
	for range tries {
		r, rev, failed := o.record(ctx)
		if err = failed; err != nil && !errors.Is(err, errDamaged) {
			return err
		}
		if err = save(ctx, o.Space, o.Tenant, to(&r), rev); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	return err
}

// record reads the record of the tenant. With errDamaged, the revision is that of the record
// that cannot be understood.
func (o Operate) record(ctx context.Context) (r record, rev uint64, err error) {
	found, err := o.Space.Load(ctx, o.Tenant)
	if err != nil {
		return record{}, 0, err
	}
	if err := decode(found, o.Tenant, &r, &rev); err != nil {
		return record{}, found[o.Tenant].Rev, err
	}
	return r, rev, nil
}

func (o Operate) bucketIDs() (ids []string) {
	for i := range buckets {
		ids = append(ids, numbered(o.Tenant, i))
	}
	return ids
}
