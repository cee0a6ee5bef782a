package overlay

import (
	"context"
	"slices"

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
// change, or the next one, removes those that do not apply. It may run again.
func (d *Directory) announce(ctx context.Context, ref scim.Ref, rec record.Record, before store.Record, wanted, current, native scim.Resource) (store.Record, error) {
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
	return next, nil
}

// refusedAsTaken passes on that Keycloak refused a write because another resource has one of its
// values.
func (d *Directory) refusedAsTaken(ctx context.Context, t scim.ResourceType, offered scim.Resource, err error) {
	if d.taken != nil && scim.Status(err) == 409 {
		d.taken(ctx, t, record.Trimmed(record.Terms(t, offered)))
	}
}
