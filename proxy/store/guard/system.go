package guard

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"keycloak-scim-proxy/proxy/store"
)

// RestoringID is a record that exists while a restore runs. With it no process uses the store.
const RestoringID = "restoring"

// RestoreNote is the body of the record RestoringID, as JSON.
type RestoreNote struct {
	Begun time.Time `json:"begun"`
	// Created is when the backup was made.
	Created time.Time `json:"created"`
}

// checkRestored reports ErrLost if a restore was not finished.
func checkRestored(records map[string]store.Record) error {
	r, there := records[RestoringID]
	if !there {
		return nil
	}
	var n RestoreNote
	_ = json.Unmarshal(r.Body, &n) // only for the text
	return fmt.Errorf("%w: a restore of the backup of %s was begun at %s and is not finished: run `scim-proxy store restore` again", store.ErrLost, n.Created.Format(time.RFC3339), n.Begun.Format(time.RFC3339))
}

// System returns the records about the store, for a backup. It fails with ErrLost if a restore was
// not finished.
func System(ctx context.Context, e store.Engine) (map[string]store.Record, error) {
	records, err := readAll(ctx, e.Open(store.SystemSpace))
	if err != nil {
		return nil, err
	}
	return records, checkRestored(records)
}

// readAll returns the records of the system space.
func readAll(ctx context.Context, system store.Space) (map[string]store.Record, error) {
	ids, err := system.Scan(ctx, "", systemRecords)
	if err != nil {
		return nil, err
	}
	return system.Load(ctx, ids...)
}
