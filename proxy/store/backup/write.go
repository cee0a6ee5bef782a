package backup

import (
	"context"
	"fmt"
	"io"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

// pageSize is how many records are read at once.
const pageSize = 32

// Write writes all records of an engine, the system space included, as the engine keeps them. It
// writes nothing to the store and needs no keys. Other processes may use the store meanwhile: the
// file has each record as it was at one moment, and every record that existed from the beginning to
// the end. It is not a snapshot across records, unless the engine is one. If the store was replaced
// meanwhile, Write fails with ErrLost.
func Write(ctx context.Context, e store.Engine, to io.Writer, created time.Time, release string) (records uint64, err error) {
	system, err := guard.System(ctx, e)
	if err != nil {
		return 0, err
	}
	stamp := string(system[guard.StampID].Body)
	if stamp == "" {
		return 0, fmt.Errorf("%w: it has no stamp: either no proxy has used it yet, or it came back empty", store.ErrLost)
	}
	schema, err := guard.SchemaOf(system)
	if err != nil {
		return 0, err
	}
	w, err := NewWriter(to, Header{Created: created, Release: release, Stamp: stamp, Schema: schema})
	if err != nil {
		return 0, err
	}
	names, err := e.Spaces(ctx) // sorted: an intent ("pending.") comes before the record that it becomes
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if err := addSpace(ctx, w, e.Open(name)); err != nil {
			return 0, fmt.Errorf("space %s: %w", name, err)
		}
	}
	after, err := guard.System(ctx, e)
	if err == nil && string(after[guard.StampID].Body) != stamp {
		err = fmt.Errorf("%w: it was replaced during the backup", store.ErrLost)
	}
	if err != nil {
		return 0, err
	}
	return w.Close()
}

func addSpace(ctx context.Context, w *Writer, s store.Space) error {
	for after, more := "", true; more; {
		page, next, err := s.Page(ctx, after, pageSize)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := w.Add(s.Name(), e); err != nil {
				return err
			}
		}
		after, more = next, next != ""
	}
	return nil
}
