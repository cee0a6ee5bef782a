package overlay

import (
	"context"
	"errors"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// Walked is what a sweep needs of a store.Space besides Records.
type Walked interface {
	Records
	Scan(ctx context.Context, after string, n int) (ids []string, err error)
}

// Swept is what a sweep did with one record, and why.
type Swept struct {
	ID, Why string
	Removed bool
}

// pendingLife is how long a pending record means something: a retry that comes later is a new create.
const pendingLife = 24 * time.Hour

const sweepPage = 200

// Sweep removes the records whose resource is gone, and pending records that are too old for a retry, and tells each one. Records that are
// neither, such as keys, are left alone. With dryRun nothing is removed.
func Sweep(ctx context.Context, records Walked, below scim.Directory, now time.Time, dryRun bool, tell func(Swept)) error {
	for after := ""; ; {
		ids, err := records.Scan(ctx, after, sweepPage)
		if err != nil {
			return scim.Unavailable("the store", err)
		}
		for _, id := range ids {
			after = id
			why, gone, err := orphaned(ctx, records, below, id, now)
			if err != nil {
				return err
			}
			if why == "" {
				continue
			}
			if gone && !dryRun {
				if err := records.Delete(ctx, id); err != nil {
					return scim.Unavailable("the store", err)
				}
			}
			tell(Swept{id, why, gone && !dryRun})
		}
		if len(ids) < sweepPage {
			return nil
		}
	}
}

// orphaned says why a record may go; "" where there is nothing to tell.
func orphaned(ctx context.Context, records Records, below scim.Directory, id string, now time.Time) (why string, gone bool, err error) {
	if strings.HasPrefix(id, keyPrefix) {
		return "", false, nil
	}
	if strings.HasPrefix(id, pendingPrefix) {
		return stale(ctx, records, id, now)
	}
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		_, err := below.Get(ctx, scim.Ref{Type: t, ID: id}, scim.Need{Only: []string{"id"}})
		if known := (*scim.Error)(nil); !errors.As(err, &known) || known.Status != 404 {
			return "", false, err
		}
	}
	return "its resource is gone from Keycloak", true, nil
}

func stale(ctx context.Context, records Records, id string, now time.Time) (string, bool, error) {
	found, err := records.Load(ctx, id)
	if err != nil {
		return "", false, scim.Unavailable("the store", err)
	}
	rem, err := read(found[id])
	if err != nil || rem.Pending == nil {
		return "", false, err
	}
	if now.Sub(rem.Pending.Begun) < pendingLife {
		return "a create that was begun at " + rem.Pending.Begun.UTC().Format(time.RFC3339) + " and waits for its retry", false, nil
	}
	return "a create that was begun at " + rem.Pending.Begun.UTC().Format(time.RFC3339) + " and never came back", true, nil
}

var _ Walked = store.Space(nil)
