package embedded

import (
	"bytes"
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/internal/codec"
)

// tables are the two buckets of a tenant.
type tables struct{ records, terms *bolt.Bucket }

// openTables finds the buckets of a tenant. A tenant without any Save has none.
func openTables(tx *bolt.Tx, tenant string) (tables, bool) {
	b := tx.Bucket(tenantsBucket()).Bucket([]byte(tenant))
	if b == nil {
		return tables{}, false
	}
	return tables{b.Bucket(recordsBucket()), b.Bucket(termsBucket())}, true
}

func createTables(tx *bolt.Tx, tenant string) (t tables, err error) {
	b, err := tx.Bucket(tenantsBucket()).CreateBucketIfNotExists([]byte(tenant))
	if err != nil {
		return t, err
	}
	if t.records, err = b.CreateBucketIfNotExists(recordsBucket()); err != nil {
		return t, err
	}
	t.terms, err = b.CreateBucketIfNotExists(termsBucket())
	return t, err
}

// get returns the record, with its body in memory of bbolt, or the zero Record if there is none.
func (t tables) get(id string) (r store.Record, err error) {
	v := t.records.Get([]byte(id))
	if v == nil {
		return r, nil
	}
	return parse(id, v)
}

// parse reads the value of a record. The body stays in memory of bbolt.
func parse(id string, v []byte) (r store.Record, err error) {
	if len(v) < 8 {
		return r, fmt.Errorf("%w: record %q is cut short", store.ErrUnreadable, id)
	}
	r.Rev = binary.BigEndian.Uint64(v)
	if r.Terms, r.Body, err = codec.Unpack(v[8:]); err != nil {
		return r, fmt.Errorf("%w: record %q: %w", store.ErrUnreadable, id, err)
	}
	return r, nil
}

// swap replaces the record and its terms if it still has the expected revision, and returns the new
// one.
func (t tables) swap(id string, r store.Record) (rev uint64, err error) {
	old, err := t.get(id)
	if err != nil {
		return 0, err
	}
	if old.Rev != r.Rev {
		return 0, store.ErrConflict
	}
	if rev, err = t.records.NextSequence(); err != nil {
		return 0, err
	}
	return rev, t.put(id, rev, old.Terms, r)
}

// rewrite is swap with the revision that the record has.
func (t tables) rewrite(id string, r store.Record) error {
	old, err := t.get(id)
	if err != nil {
		return err
	}
	if old.Rev == 0 || old.Rev != r.Rev {
		return store.ErrConflict
	}
	return t.put(id, old.Rev, old.Terms, r)
}

// put writes the record, and its terms in place of the former ones.
func (t tables) put(id string, rev uint64, former []string, r store.Record) error {
	if err := t.unindex(id, former); err != nil {
		return err
	}
	for _, term := range r.Terms {
		if err := t.terms.Put([]byte(codec.Entry(term, id)), nil); err != nil {
			return err
		}
	}
	value := codec.Pack(binary.BigEndian.AppendUint64(nil, rev), r.Terms, r.Body)
	return t.records.Put([]byte(id), value)
}

func (t tables) remove(id string) error {
	old, err := t.get(id)
	if err != nil {
		return err
	}
	if err := t.unindex(id, old.Terms); err != nil {
		return err
	}
	return t.records.Delete([]byte(id))
}

func (t tables) unindex(id string, terms []string) error {
	for _, term := range terms {
		if err := t.terms.Delete([]byte(codec.Entry(term, id))); err != nil {
			return err
		}
	}
	return nil
}

// find appends the ids of the records with this term.
func (t tables) find(ids []string, term string) []string {
	prefix, c := []byte(codec.Entry(term, "")), t.terms.Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		ids = append(ids, string(k[len(prefix):]))
	}
	return ids
}

// scan returns up to n ids that follow after.
func (t tables) scan(after string, n int) (ids []string) {
	c := t.records.Cursor()
	for k, _ := c.Seek([]byte(after)); k != nil && len(ids) < n; k, _ = c.Next() {
		if string(k) != after {
			ids = append(ids, string(k))
		}
	}
	return ids
}

// page returns up to n records that follow after, and the last id unless they are the last ones.
func (t tables) page(after string, n int) (page []store.Entry, next string, err error) {
	c := t.records.Cursor()
	for k, v := c.Seek([]byte(after)); k != nil && len(page) < n; k, v = c.Next() {
		id := string(k)
		if id == after {
			continue
		}
		r, err := parse(id, v)
		if err != nil {
			return nil, "", err
		}
		r.Body = bytes.Clone(r.Body)
		page = append(page, store.Entry{ID: id, Record: r})
	}
	if len(page) == n {
		next = page[n-1].ID
	}
	return page, next, nil
}
