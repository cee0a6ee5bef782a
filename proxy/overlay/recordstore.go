package overlay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// recordStore loads and saves records in a space.
type recordStore struct{ Records }

func (s recordStore) load(ctx context.Context, id string) (record.Record, store.Record, error) {
	recs, err := s.Load(ctx, id)
	if err != nil {
		return record.Record{}, store.Record{}, StoreError(err)
	}
	rec, err := read(recs[id])
	return rec, recs[id], err
}

func read(r store.Record) (record.Record, error) {
	rec, err := record.Read(r.Body)
	if err != nil {
		err = StoreError(fmt.Errorf("%w: %w", store.ErrUnreadable, err))
	}
	return rec, err
}

// save saves the record with the terms of its kept values, and the other terms of to.
func (s recordStore) save(ctx context.Context, id string, to store.Record, rec record.Record) error {
	stored, err := stored(rec, to)
	if err == nil {
		_, err = s.Save(ctx, id, stored)
	}
	if err != nil {
		return StoreError(err)
	}
	return nil
}

// stored returns what to save for a record: the revision and the other terms are those of to.
func stored(rec record.Record, to store.Record) (store.Record, error) {
	body, err := json.Marshal(rec)
	return store.Record{Rev: to.Rev, Body: body, Terms: rec.Indexing(to.Terms)}, err
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
	case errors.Is(err, store.ErrLost), errors.Is(err, store.ErrKeys), errors.Is(err, store.ErrSchema), errors.Is(err, store.ErrUnreadable):
		return &scim.Error{Status: 503, Detail: "the store cannot be read; the operator of the proxy must act", Cause: err}
	}
	return scim.Unavailable("the store", err)
}
