package guard

import (
	"cmp"
	"context"
	"fmt"

	"keycloak-scim-proxy/proxy/store"
)

// stampID is the record whose body tells this store from every other one, and from an empty one.
const stampID = "stamp"

// Stamp returns the text that tells this store from others. Created reports that this process has written it, because the store had
// none. The error is that of Check.
func (g *Engine) Stamp(ctx context.Context) (stamp string, created bool, err error) {
	if err := g.Check(ctx); err != nil {
		return "", false, err
	}
	v := g.last.Load()
	return v.stamp, v.created, nil
}

// checkStamp reports ErrLost unless the store has the stamp that it had at the last check, or that is expected of it at the first one.
func (g *Engine) checkStamp(records map[string]store.Record) error {
	found, has := string(records[stampID].Body), "no stamp"
	if found != "" {
		has = "the stamp " + found
	}
	want := cmp.Or(g.seen.stamp, g.options.ExpectStamp)
	switch {
	case want == "" || found == want:
		return nil
	case g.seen.stamp != "":
		return fmt.Errorf("%w: it has %s, and had the stamp %s before: bring its data back, or restart the proxy to go on with what is there", store.ErrLost, has, want)
	}
	return fmt.Errorf("%w: it has %s, and store.expectStamp names %s: bring its data back, or change store.expectStamp", store.ErrLost, has, want)
}
