package overlay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// recordStore loads and saves records in a space.
type recordStore struct{ Records }

func (s recordStore) load(ctx context.Context, id string) (record, store.Record, error) {
	recs, err := s.Load(ctx, id)
	if err != nil {
		return record{}, store.Record{}, StoreError(err)
	}
	rec, err := read(recs[id])
	return rec, recs[id], err
}

func read(r store.Record) (record, error) {
	var rec record
	if len(r.Body) > 0 {
		if err := json.Unmarshal(r.Body, &rec); err != nil {
			return rec, StoreError(fmt.Errorf("%w: %w", store.ErrUnreadable, err))
		}
	}
	return rec, nil
}

func (s recordStore) save(ctx context.Context, id string, stored store.Record, rec record) error {
	var err error
	if stored.Body, err = json.Marshal(rec); err != nil {
		return err
	}
	if _, err = s.Save(ctx, id, stored); err != nil {
		return StoreError(err)
	}
	return nil
}

// StoreError returns the answer to a caller for an error of the store. If a retry cannot help, the
// answer does not suggest one.
func StoreError(err error) error {
	if _, known := errors.AsType[*scim.Error](err); known {
		return err
	}
	switch {
	case errors.Is(err, store.ErrTooLarge):
		return &scim.Error{Status: 413, Detail: "the attributes that Keycloak does not store are too large to be kept", Cause: err}
	case errors.Is(err, store.ErrLost), errors.Is(err, store.ErrKeys), errors.Is(err, store.ErrUnreadable):
		return &scim.Error{Status: 503, Detail: "the store cannot be read; the operator of the proxy must act", Cause: err}
	}
	return scim.Unavailable("the store", err)
}

func (rec record) equal(o record) bool {
	return slices.Equal(rec.Overrides, o.Overrides) && rec.Modified.Equal(o.Modified)
}
