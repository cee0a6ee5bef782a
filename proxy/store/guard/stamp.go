package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"keycloak-scim-proxy/proxy/store"
)

// StampID is the record whose body tells this store from all others, and from an empty one.
const StampID = "stamp"

// Stamp returns the text that tells this store from others. Created reports whether this process
// has written it because the store had none. The error is that of Check.
func (g *Engine) Stamp(ctx context.Context) (stamp string, created bool, err error) {
	if err := g.Check(ctx); err != nil {
		return "", false, err
	}
	v := g.last.Load()
	return v.stamp, v.created, nil
}

// Look returns the stamp of a store, or "" if it has none. It writes nothing: neither a stamp, nor
// that records may be sealed with a key, which stops processes without the key. The error is that
// of Check.
func Look(ctx context.Context, e store.Engine, o Options) (stamp string, err error) {
	records, err := New(e, o).records(ctx)
	return string(records[StampID].Body), err
}

// checkStamp reports ErrLost unless the store has the stamp of the last check or, at the first
// check, the expected one.
func (g *Engine) checkStamp(records map[string]store.Record) error {
	found, has := string(records[StampID].Body), "no stamp"
	if found != "" {
		has = "the stamp " + found
	}
	want := cmp.Or(g.seen.stamp, g.options.ExpectStamp)
	switch {
	case want == "" || found == want:
		return nil
	case g.seen.stamp != "":
		return fmt.Errorf("%w: it has %s, and had the stamp %s before: restore its data, or restart the proxy to accept the data that it has", store.ErrLost, has, want)
	}
	return fmt.Errorf("%w: it has %s, and store.expectStamp names %s: restore its data, or change store.expectStamp", store.ErrLost, has, want)
}

// decided reports whether an error is about the store and not about reaching it.
func decided(err error) bool {
	return errors.Is(err, store.ErrKeys) || errors.Is(err, store.ErrLost) || errors.Is(err, store.ErrSchema)
}
