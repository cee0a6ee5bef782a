package identity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// met begins the ids of pending records that Taken saves. No type of resource begins so.
const met = "taken."

// metLife is how long such a record counts: until every process has begun a walk after it, and some
// time for clocks that differ.
const metLife = 2 * Life

// Taken notes that a write was refused because another resource has one of its values, given by
// their terms. If the index does not know all of them, a resource may have been added without the
// proxy: until every process has walked again, all of them ask the directory below for the unknown
// values. The next look-up in this process starts a walk.
func (x *Index) Taken(ctx context.Context, t scim.ResourceType, terms []string) {
	terms, err := x.unknown(ctx, terms)
	if err == nil && len(terms) == 0 {
		return
	}
	if err == nil {
		err = x.save(ctx, t, terms)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.again = true; err != nil {
		x.last = nil // it is not known, or not saved, which values are in doubt
	}
}

func (x *Index) save(ctx context.Context, t scim.ResourceType, terms []string) error {
	hash := sha256.Sum256([]byte(strings.Join(terms, "\x00")))
	id := met + hex.EncodeToString(hash[:16])
	body, err := json.Marshal(record.Record{Type: t, Pending: &record.Pending{Type: t, Begun: x.Now()}})
	if err != nil {
		return err
	}
	before, err := x.Pending.Load(ctx, id)
	if err != nil {
		return err
	}
	_, err = x.Pending.Save(ctx, id, store.Record{Rev: before[id].Rev, Body: body, Terms: terms})
	if errors.Is(err, store.ErrConflict) { // another writer has just saved the same
		err = nil
	}
	return err
}

// forget deletes records of Taken that do not count any more. What it leaves, the next walk or a
// sweep removes.
func (x *Index) forget(ctx context.Context, now time.Time) {
	const n = 500
	for after, more := met, true; more; {
		ids, err := x.Pending.Scan(ctx, after, n)
		if err != nil || len(ids) == 0 {
			return
		}
		after, more = ids[len(ids)-1], len(ids) == n && strings.HasPrefix(ids[len(ids)-1], met)
		ids = slices.DeleteFunc(ids, func(id string) bool { return !strings.HasPrefix(id, met) })
		found, err := x.Pending.Load(ctx, ids...)
		if err != nil {
			return
		}
		ids = slices.DeleteFunc(ids, func(id string) bool {
			rec, err := record.Read(found[id].Body)
			return err != nil || rec.Pending == nil || now.Sub(rec.Pending.Begun) < metLife
		})
		if len(ids) > 0 && x.Pending.Delete(ctx, ids...) != nil {
			return
		}
	}
}
