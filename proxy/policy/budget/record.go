package budget

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// SpaceName is the space with the state of all tenants.
const SpaceName = "guard"

// record is the state of a tenant: what operators decided, and the budget of users.
type record struct {
	// Epoch is another one after each release, so that buckets of before do not count.
	Epoch int64 `json:"epoch"`
	// Until is the end of the last release, By and At who decided last, and when.
	Until time.Time `json:"until,omitzero"`
	By    string    `json:"by,omitempty"`
	At    time.Time `json:"at,omitzero"`
	// Tripped is when the guard began to hold changes; Last when it last held one, to a few hours.
	Tripped time.Time `json:"tripped,omitzero"`
	Last    time.Time `json:"last,omitzero"`
	Users   ledger    `json:"users"`

	rev uint64
}

// bucket is the state of some groups of a tenant.
type bucket struct {
	Epoch  int64              `json:"epoch"`
	Groups map[string]*ledger `json:"groups"`

	rev uint64
}

const (
	// buckets is among how many records the groups of a tenant are spread.
	buckets = 16
	// mostGroups bounds the groups of a bucket. Beyond that, those with the least are forgotten.
	mostGroups = 64
	// longestRelease bounds a release, also against a clock that was wrong.
	longestRelease = 7 * 24 * time.Hour
)

// bucketID is the id of the bucket of a group. Neither the name of a tenant nor that of a realm has
// a slash.
func bucketID(tenant, group string) string { return numbered(tenant, int(group[0])%buckets) }

func numbered(tenant string, bucket int) string { return tenant + "/" + strconv.Itoa(bucket) }

// released reports whether nothing is held.
func (r *record) released(now time.Time) bool {
	return now.Before(r.Until) && r.Until.Sub(now) <= longestRelease
}

// tripped is since when changes are held, zero if none is.
func (r *record) tripped(now time.Time) time.Time {
	if now.Sub(r.Last) > heldFor {
		return time.Time{}
	}
	return r.Tripped
}

// trip notes that a change is held. It reports whether that is the first one, and whether the
// record has changed.
func (r *record) trip(now time.Time) (first, changed bool) {
	if first = r.tripped(now).IsZero(); first {
		r.Tripped = now.UTC()
	}
	if first || now.Sub(r.Last) > touch || r.Last.After(now) {
		r.Last, changed = now.UTC(), true
	}
	return first, changed
}

// state is what a decision reads: the record of the tenant, and the bucket of the group.
type state struct {
	tenant   record
	groups   bucket
	bucketID string // "" for a change of a user
}

// load reads the state of a tenant, with that of a group if it is not "".
func load(ctx context.Context, s store.Space, tenant, group string) (*state, error) {
	st, ids := &state{}, []string{tenant}
	if group != "" {
		st.bucketID = bucketID(tenant, group)
		ids = append(ids, st.bucketID)
	}
	found, err := s.Load(ctx, ids...)
	if err == nil {
		err = decode(found, tenant, &st.tenant, &st.tenant.rev)
	}
	if err == nil && group != "" {
		err = decode(found, st.bucketID, &st.groups, &st.groups.rev)
	}
	if err != nil {
		return nil, err
	}
	if st.groups.Epoch != st.tenant.Epoch {
		st.groups = bucket{Epoch: st.tenant.Epoch, rev: st.groups.rev}
	}
	return st, nil
}

// errDamaged means that a record is there, and not in a form that this release knows.
var errDamaged = fmt.Errorf("%w: a record of the guard", store.ErrUnreadable)

// decode reads one of the records that were found into a struct.
func decode(found map[string]store.Record, id string, into any, rev *uint64) error {
	r, there := found[id]
	if !there {
		return nil
	}
	if err := json.Unmarshal(r.Body, into); err != nil {
		return fmt.Errorf("%w: %s: %w", errDamaged, id, err)
	}
	*rev = r.Rev
	return nil
}

// save writes a record or a bucket.
func save(ctx context.Context, s store.Space, id string, value any, rev uint64) error {
	body, err := json.Marshal(value)
	if err == nil {
		_, err = s.Save(ctx, id, store.Record{Rev: rev, Body: body})
	}
	return err
}

// ledger is that of a group, which is added if it is not there.
func (b *bucket) ledger(group string, m moment) *ledger {
	if b.Groups == nil {
		b.Groups = map[string]*ledger{}
	}
	for id, l := range b.Groups {
		if l.prune(m); l.empty() {
			delete(b.Groups, id)
		}
	}
	if b.Groups[group] == nil {
		for len(b.Groups) >= mostGroups {
			b.drop()
		}
		b.Groups[group] = &ledger{}
	}
	return b.Groups[group]
}

// drop forgets the group that has lost the fewest members, one without held changes if there is
// one.
func (b *bucket) drop() {
	least, fewest := "", 0
	for id, l := range b.Groups {
		weight := l.spent() + len(l.Held)<<20
		if least == "" || weight < fewest {
			least, fewest = id, weight
		}
	}
	delete(b.Groups, least)
}
