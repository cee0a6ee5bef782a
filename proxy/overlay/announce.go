package overlay

import (
	"context"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// terms returns the terms of the indexed attributes of a resource, by what a caller sees and by
// what Keycloak shows in its place: a filter finds it by both.
func terms(t scim.ResourceType, forms ...scim.Resource) (all []string) {
	for _, r := range forms {
		all = append(all, record.Terms(t, r)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// announced returns the terms that a pending record needs, so that no look-up takes a resource for
// absent while it is created, or after the process was killed in the middle.
func (d *Directory) announced(t scim.ResourceType, requested scim.Resource) []string {
	if d.taken == nil {
		return nil
	}
	return record.Trimmed(record.Terms(t, requested))
}

// announce saves the terms of new values of a resource before Keycloak is asked to store them. It
// returns what is stored then. The former terms stay: the change may fail. The save after the
// change removes those that do not apply. It may run again.
func (d *Directory) announce(ctx context.Context, ref scim.Ref, rec record.Record, before store.Record, c *changed, wanted, current, native scim.Resource) (store.Record, error) {
	if d.taken == nil {
		return before, nil
	}
	had := terms(ref.Type, current, native)
	more := slices.DeleteFunc(d.announced(ref.Type, wanted), func(term string) bool {
		_, shown := slices.BinarySearch(had, term)
		_, known := slices.BinarySearch(before.Terms, term)
		return shown || known
	})
	if len(more) == 0 {
		return before, nil
	}
	if len(more)+len(before.Terms) > store.MaxTerms {
		return before, scim.TooMany("the change has too many new values of externalId and emails; send it in parts")
	}
	rec.Type = ref.Type
	next, err := stored(rec, store.Record{Rev: before.Rev, Terms: append(more, before.Terms...)})
	if err == nil {
		next.Rev, err = d.records.Save(ctx, ref.ID, next)
	}
	if err != nil {
		return before, StoreError(err)
	}
	c.announced = announcement{before, next.Rev}
	return next, nil
}

// announcement has the record before an announcement, and the revision after it, or 0 if nothing
// was announced.
type announcement struct {
	before store.Record
	rev    uint64
}

// withdraw takes back what was announced of a change that failed and left nothing in Keycloak,
// unless it may still take effect. If the store does not do it, the next write of the resource
// does: until then, look-ups of these values ask Keycloak.
func (d *Directory) withdraw(ctx context.Context, ref scim.Ref, a announcement) {
	if a.rev == 0 || directory.OutcomeOf(ctx).InDoubt() {
		return
	}
	ctx = context.WithoutCancel(ctx)
	if a.before.Rev > 0 {
		_, _ = d.records.Save(ctx, ref.ID, store.Record{Rev: a.rev, Body: a.before.Body, Terms: a.before.Terms})
		return
	}
	if now, err := d.records.Load(ctx, ref.ID); err == nil && now[ref.ID].Rev == a.rev {
		_ = d.records.Delete(ctx, ref.ID)
	}
}

// refusedAsTaken passes on that Keycloak refused a write because another resource has one of its
// values.
func (d *Directory) refusedAsTaken(ctx context.Context, t scim.ResourceType, offered scim.Resource, err error) {
	if d.taken != nil && scim.Status(err) == 409 {
		d.taken(ctx, t, record.Trimmed(record.Terms(t, offered)))
	}
}
