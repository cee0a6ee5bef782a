package store

import (
	"context"
	"iter"
	"time"
)

// Record is what is kept under an id. Engines do not look into it, but for its revision and its terms.
type Record struct {
	// Rev is the revision that was loaded, or 0 for a record that shall not exist yet.
	Rev uint64
	// Body is any bytes, at most MaxBody. An empty body and none are the same.
	Body []byte
	// Terms are what Find finds the record by: a set, loaded back sorted and without duplicates.
	Terms []string
}

// Space holds the records of one tenant, which is bound when the space is opened: no method takes a tenant. All methods may be called
// at the same time. Each returns the error of a context that had already ended, and has done nothing then.
type Space interface {
	// Load returns the records that exist; absent ids are absent in the map. It is not a snapshot across ids.
	Load(ctx context.Context, ids ...string) (map[string]Record, error)
	// Find returns the ids of the records that carry any of the terms, sorted and without duplicates.
	Find(ctx context.Context, terms ...string) ([]string, error)
	// Save writes the record if the one that is kept still has revision r.Rev (0: if there is none), else it fails with ErrConflict.
	// Its terms replace the former ones in the same atomic step. It returns the new revision, which is larger than any before.
	Save(ctx context.Context, id string, r Record) (rev uint64, err error)
	// Rewrite writes the same content in another form, such as under another key: it is Save, but the record keeps its revision, so that
	// writers who have loaded it do not notice. A record that is absent or has another revision fails with ErrConflict.
	Rewrite(ctx context.Context, id string, r Record) error
	// Delete removes the records and their terms; absent ids are fine. Each record goes in one step, all of them need not.
	Delete(ctx context.Context, ids ...string) error
	// Lock waits for the named lock until the context ends (ErrLocked). The lock ends by unlock or after ttl, whatever comes first;
	// unlock after that frees nobody else's lock. A lock makes conflicts rare; only revisions make them harmless.
	Lock(ctx context.Context, key string, ttl time.Duration) (unlock func(), err error)
	// Scan returns up to n ids that follow after in byte order ("" is the start); fewer than n means the end. A walk that passes the
	// last id of each page on sees every record that was there all the while exactly once.
	Scan(ctx context.Context, after string, n int) (ids []string, err error)
}

// Engine opens spaces. It is safe for concurrent use.
type Engine interface {
	// Open returns the space of a tenant. It does not touch the store; two spaces of one tenant share records and locks.
	Open(tenant string) Space
	// Spaces returns the names of all spaces that have a record, sorted. A space that is new or empty may be among them or not.
	Spaces(ctx context.Context) ([]string, error)
	// Ping says whether the store answers now.
	Ping(ctx context.Context) error
	// Probe says whether the store takes a write now, for readiness: it makes one that no space shows, as durable as a Save.
	Probe(ctx context.Context) error
	// Close frees the engine; operations after it fail with ErrUnavailable.
	Close() error
}

// SystemSpace is the space that holds records about the store itself. Only package guard opens it, and no tenant is called so.
const SystemSpace = "system"

// IDs walks all ids of a space in byte order, page by page. It ends with the first error.
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
