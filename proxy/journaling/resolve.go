package journaling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// Scene is what a Resolver needs to look at the resource of an entry.
type Scene struct {
	// Directory is what the tenant of the entry sees.
	Directory directory.Directory
	// Lock excludes other writes to the resource.
	Lock func(ctx context.Context, key string) (unlock func(), err error)
	// Create completes a create that Keycloak has made and the proxy has not finished, by sending
	// it once more. It may be nil.
	Create func(ctx context.Context, t scim.ResourceType, body scim.Resource) (scim.Ref, error)
}

// SceneOf returns the scene of a tenant. Its creates are completed by calls if it is the caller's
// own.
func SceneOf(d directory.Directory, lock func(ctx context.Context, key string) (func(), error), calls protocol.Service, own bool) Scene {
	s := Scene{Directory: d, Lock: lock}
	if own {
		s.Create = func(ctx context.Context, t scim.ResourceType, body scim.Resource) (scim.Ref, error) {
			a, err := calls.Do(ctx, protocol.Create{Type: t, Body: body})
			return a.Made, err
		}
	}
	return s
}

// Resolver ends entries that were left open, because a process was killed, an answer was lost, or
// an outcome could not be saved. It looks at the resource, and the entry says what it found.
type Resolver struct {
	Log *journal.Log
	// Open returns the scene of an entry.
	Open func(ctx context.Context, e journal.Entry) (Scene, error)
	// Age is how old an entry is before it is taken for left. Entries that were begun before Since
	// are left at once: no other process uses the store.
	Age   time.Duration
	Since time.Time
}

// mostErrors bounds the errors of a pass: while Keycloak is gone, each entry has the same.
const mostErrors = 5

// lookTime bounds the look at one resource.
const lookTime = 30 * time.Second

// Resolve ends all open entries that were left. It returns how many it ended, and how many it could
// not end; err has their first errors.
func (r Resolver) Resolve(ctx context.Context) (ended, open int, err error) {
	all, err := r.Log.Unsettled(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, e := range all {
		if e.Begun.After(r.Log.Now().Add(-r.Age)) && !e.Begun.Before(r.Since) {
			continue // its call may still run
		}
		if failed := r.one(ctx, e); failed != nil {
			if open++; open <= mostErrors {
				err = errors.Join(err, fmt.Errorf("journal entry %s: %w", e.ID, failed))
			}
			continue
		}
		ended++
	}
	return ended, open, err
}

func (r Resolver) one(ctx context.Context, e journal.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if e.IsAction() { // there is no resource to look at
		e.State, e.Found = journal.Partly, "the process ended before it was known whether this was done"
		if err := r.Log.Note(ctx, &e); !errors.Is(err, store.ErrConflict) {
			return err
		}
		return nil
	}
	scene, err := r.Open(ctx, e)
	if err != nil {
		return err
	}
	if e.Target != "" {
		unlock, err := scene.Lock(ctx, e.Ref().Key())
		if err != nil {
			return err
		}
		defer unlock()
	}
	look := look{scene, &e}
	switch {
	case e.Deletes() || e.Verb == "delete":
		err = look.deleted(ctx)
	case e.Target != "" && e.Creates(): // a create has no target before it ends
		err = look.revived(ctx)
	case e.Target == "" || e.After != "":
		err = look.created(ctx)
	default:
		err = look.updated(ctx)
	}
	if err != nil {
		return err
	}
	if err := r.Log.Settle(ctx, &e); !errors.Is(err, store.ErrConflict) { // its own process has ended it
		return err
	}
	return nil
}
