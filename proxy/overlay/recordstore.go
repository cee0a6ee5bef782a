package overlay

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// shelf reads and writes remainders in a space.
type recordStore struct{ Records }

func (s recordStore) load(ctx context.Context, id string) (remainder, store.Record, error) {
	recs, err := s.Load(ctx, id)
	if err != nil {
		return remainder{}, store.Record{}, StoreError(err)
	}
	rem, err := read(recs[id])
	return rem, recs[id], err
}

func read(r store.Record) (remainder, error) {
	var rem remainder
	if len(r.Body) == 0 {
		return rem, nil
	}
	if err := json.Unmarshal(r.Body, &rem); err != nil {
		return rem, scim.Unavailable("a kept record", err)
	}
	return rem, nil
}

func (s recordStore) save(ctx context.Context, id string, rec store.Record, rem remainder) error {
	var err error
	if rec.Body, err = json.Marshal(rem); err != nil {
		return err
	}
	if _, err = s.Save(ctx, id, rec); err != nil {
		return StoreError(err)
	}
	return nil
}

// StoreError is what a caller is answered for an error of the store. If trying again does not help, it does not say so.
func StoreError(err error) error {
	if _, known := errors.AsType[*scim.Error](err); known {
		return err
	}
	switch {
	case errors.Is(err, store.ErrTooLarge):
		return &scim.Error{Status: 413, Detail: "the resource is larger than what can be kept beside Keycloak", Cause: err}
	case errors.Is(err, store.ErrLost), errors.Is(err, store.ErrKeys), errors.Is(err, store.ErrUnreadable):
		return &scim.Error{Status: 503, Detail: "what is kept beside Keycloak cannot be read; the operator of the proxy must act", Cause: err}
	}
	return scim.Unavailable("the store", err)
}

func (rem remainder) equal(o remainder) bool {
	return slices.Equal(rem.Overrides, o.Overrides) && rem.Modified.Equal(o.Modified)
}
