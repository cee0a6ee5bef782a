package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

const (
	// restoreDeletes is how many records are deleted at once.
	restoreDeletes = 200
	// restoreWriters is how many records are written at once, and restoreBytes bounds their size.
	restoreWriters = 32
	restoreBytes   = 2 * store.MaxBody
)

// ErrNotEmpty means that the store has records, and that RestoreOptions.Replace is not set.
var ErrNotEmpty = errors.New("the store is not empty")

// RestoreOptions say how to restore.
type RestoreOptions struct {
	// Replace deletes the records that the store has. Without it, a store with records is refused.
	Replace bool
	// Now is when the restore begins.
	Now time.Time
	// Wait is how long another process may need to notice that the store is being restored, and to
	// finish a write. It is waited for only if the store was in use.
	Wait time.Duration
	// Pause waits, as in Options. Nil uses the real clock.
	Pause func(context.Context, time.Duration) error
	// Waiting, if not nil, is called before the wait.
	Waiting func(time.Duration)
}

// Restore replaces the records of a store by those of a backup. Revisions rise, so that a process
// that has loaded a record meets a conflict. Other processes refuse the store with ErrLost until
// Restore has returned; so they do if it was stopped in the middle, until it is called again. The
// store has the stamp of the backup then.
func Restore(ctx context.Context, e store.Engine, f *File, o RestoreOptions) error {
	if f.Schema > guard.Schema {
		return fmt.Errorf("%w: the backup has schema %d, and this release reads schema %d: use release %q, which made it, or a later one", store.ErrSchema, f.Schema, guard.Schema, f.Release)
	}
	inUse, err := Restorable(ctx, e, o.Replace)
	if err != nil {
		return err
	}
	if err := Announce(ctx, e, f, o.Now); err != nil {
		return err
	}
	if inUse && o.Wait > 0 {
		if o.Waiting != nil {
			o.Waiting(o.Wait)
		}
		if err := guard.Pause(ctx, o.Pause, o.Wait); err != nil {
			return err
		}
	}
	if err := deleteAll(ctx, e); err != nil {
		return err
	}
	system, err := writeAll(ctx, e, f)
	if err != nil {
		return err
	}
	return finishRestore(ctx, e.Open(store.SystemSpace), system)
}

// Restorable reports whether a process may use the store. It fails with ErrNotEmpty if the store
// has records and must not be replaced; the rest of an unfinished restore may be.
func Restorable(ctx context.Context, e store.Engine, replace bool) (inUse bool, err error) {
	s := e.Open(store.SystemSpace)
	records, err := s.Load(ctx, guard.StampID, guard.RestoringID)
	if err != nil {
		return false, err
	}
	_, inUse = records[guard.StampID]
	if _, unfinished := records[guard.RestoringID]; replace || unfinished {
		return inUse, nil
	}
	names, err := e.Spaces(ctx)
	if err != nil {
		return inUse, err
	}
	for _, name := range names {
		if name == store.SystemSpace {
			continue
		}
		ids, err := e.Open(name).Scan(ctx, "", 1)
		if err != nil {
			return inUse, err
		}
		if len(ids) > 0 {
			return inUse, fmt.Errorf("%w: space %s has records", ErrNotEmpty, name)
		}
	}
	return inUse, nil
}

// Announce keeps every process from using the store until a restore has finished.
func Announce(ctx context.Context, e store.Engine, f *File, now time.Time) error {
	body, err := json.Marshal(guard.RestoreNote{Begun: now, Created: f.Created})
	if err != nil {
		return err
	}
	s := e.Open(store.SystemSpace)
	before, err := s.Load(ctx, guard.RestoringID)
	if err == nil {
		_, err = s.Save(ctx, guard.RestoringID, store.Record{Rev: before[guard.RestoringID].Rev, Body: body})
	}
	return err
}

// deleteAll deletes every record except guard.RestoringID.
func deleteAll(ctx context.Context, e store.Engine) error {
	names, err := e.Spaces(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := deleteSpace(ctx, e.Open(name)); err != nil {
			return err
		}
	}
	return nil
}

func deleteSpace(ctx context.Context, s store.Space) error {
	for after, more := "", true; more; {
		ids, err := s.Scan(ctx, after, restoreDeletes)
		if err != nil {
			return err
		}
		if more = len(ids) == restoreDeletes; more {
			after = ids[len(ids)-1]
		}
		if s.Name() == store.SystemSpace {
			ids = slices.DeleteFunc(ids, func(id string) bool { return id == guard.RestoringID })
		}
		if err := s.Delete(ctx, ids...); err != nil {
			return err
		}
	}
	return nil
}

// writeAll writes the records of all spaces but the system space, whose records it returns.
func writeAll(ctx context.Context, e store.Engine, f *File) (system map[string]store.Record, err error) {
	system = map[string]store.Record{}
	group, writing := errgroup.WithContext(ctx)
	group.SetLimit(restoreWriters)
	inFlight := semaphore.NewWeighted(restoreBytes)
	reading := f.Each(func(space string, entry store.Entry) error {
		if space == store.SystemSpace {
			system[entry.ID] = entry.Record
			return nil
		}
		size := int64(len(entry.Body)) + 1
		if err := inFlight.Acquire(writing, size); err != nil {
			return err
		}
		group.Go(func() error {
			defer inFlight.Release(size)
			_, err := e.Open(space).Save(writing, entry.ID, entry.Record)
			return err
		})
		return nil
	})
	if err := group.Wait(); err != nil { // the cause; reading failed because of it
		return nil, err
	}
	return system, reading
}

// finishRestore writes the records about the store, the stamp last, and lets processes use it.
func finishRestore(ctx context.Context, s store.Space, system map[string]store.Record) error {
	stamp := system[guard.StampID]
	delete(system, guard.StampID)
	delete(system, guard.RestoringID)
	for id, r := range system {
		if _, err := s.Save(ctx, id, r); err != nil {
			return err
		}
	}
	if _, err := s.Save(ctx, guard.StampID, stamp); err != nil {
		return err
	}
	return s.Delete(ctx, guard.RestoringID)
}
