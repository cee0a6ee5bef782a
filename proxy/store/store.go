package store

import (
	"context"
	"iter"
	"time"
)

// Record is what the store keeps under an id. An engine reads its revision and its terms only.
type Record struct {
	// Rev is the revision that was loaded, or 0 for a record that must not exist yet.
	Rev uint64
	// Body is any bytes, at most MaxBody. A nil body and an empty body are the same.
	Body []byte
	// Terms are the index entries that Find looks up: a set, returned sorted and without
	// duplicates.
	Terms []string
}

// Space holds the records of one tenant. The tenant is bound when the space is opened, so no method
// takes one. All methods may be called concurrently. If the context has already ended, a method
// returns the context's error and does nothing.
type Space interface {
	// Name returns the tenant.
	Name() string
	// Load returns the records that exist; the map has no entry for the other ids. It is not a
	// snapshot across ids.
	Load(ctx context.Context, ids ...string) (map[string]Record, error)
	// Find returns the ids of the records that carry any of the terms, sorted and without
	// duplicates.
	Find(ctx context.Context, terms ...string) ([]string, error)
	// Save writes the record if the stored one still has revision r.Rev (0: if there is none);
	// otherwise it fails with ErrConflict. The record's terms replace the former ones in the same
	// atomic step. It returns the new revision, which is larger than every earlier one.
	Save(ctx context.Context, id string, r Record) (rev uint64, err error)
	// Rewrite is Save for the same content in another form, such as sealed with another key: the
	// record keeps its revision, so that writers who have loaded it do not notice. If the record is
	// absent or has another revision, it fails with ErrConflict.
	Rewrite(ctx context.Context, id string, r Record) error
	// SaveAndDelete is Save, and Delete of records in another space of the same engine if the save
	// succeeds, in one atomic step. Only an engine that keeps the two spaces on different servers
	// does it in two: it saves first, and if the deletion fails it returns no error and the other
	// records are left.
	SaveAndDelete(ctx context.Context, id string, r Record, other string, ids ...string) (rev uint64, err error)
	// Delete removes the records and their terms, and ignores ids that do not exist. Each record is
	// removed atomically; the call as a whole is not atomic.
	Delete(ctx context.Context, ids ...string) error
	// Lock waits for the named lock until the context ends (ErrLocked). The lock ends when unlock
	// is called or ttl has passed, whichever comes first. A call of unlock after that does not free
	// the lock of another holder. A lock makes conflicts rare; only revisions make them harmless.
	Lock(ctx context.Context, key string, ttl time.Duration) (unlock func(), err error)
	// Scan returns up to n ids that follow after in byte order ("" is the start); fewer than n
	// means the end. A walk that passes the last id of each page on to the next call sees every
	// record that existed during the whole walk exactly once.
	Scan(ctx context.Context, after string, n int) (ids []string, err error)
	// Page is Scan and Load of the ids in one call: it returns the records of up to n ids that
	// follow after, in byte order, and the id that the next page follows, or "" at the end. A page
	// is not a snapshot.
	Page(ctx context.Context, after string, n int) (page []Entry, next string, err error)
}

// Entry is a record with its id.
type Entry struct {
	ID string
	Record
}

// Engine opens spaces. It is safe for concurrent use.
type Engine interface {
	// Open returns the space of a tenant. It does not access the store. Two spaces of one tenant
	// share records and locks.
	Open(tenant string) Space
	// Spaces returns the sorted names of all spaces that have a record. It may include spaces that
	// are new or have become empty.
	Spaces(ctx context.Context) ([]string, error)
	// Ping reports an error if the store does not answer now.
	Ping(ctx context.Context) error
	// Probe reports an error if the store does not take a write now. It makes one, as durable as a
	// Save, that shows in no space. It is for readiness.
	Probe(ctx context.Context) error
	// Close frees the engine. Operations after it fail with ErrUnavailable.
	Close() error
}

// SystemSpace is the space with records about the store itself. Only package guard opens it; no
// tenant has this name.
const SystemSpace = "system"

// IDs walks all ids of a space in byte order, page by page. It stops at the first error.
func IDs(ctx context.Context, s Space, page int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for after, more := "", true; more; {
			ids, err := s.Scan(ctx, after, page)
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range ids {
				if !yield(id, nil) {
					return
				}
				after = id
			}
			more = len(ids) == page
		}
	}
}
