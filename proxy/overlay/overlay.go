package overlay

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// Records is what it needs of a store.Space.
type Records interface {
	Load(ctx context.Context, ids ...string) (map[string]store.Record, error)
	Save(ctx context.Context, id string, r store.Record) (rev uint64, err error)
	Delete(ctx context.Context, ids ...string) error
}

// Directory keeps the remainder of each resource.
type Directory struct {
	scim.Directory
	records Records
	now     func() time.Time
}

// New builds the room on a directory. Able is inherited from below unchanged: Holding already says what is kept.
func New(below scim.Directory, r Records, now func() time.Time) *Directory {
	return &Directory{below, r, now}
}

// Get merges what is kept into what Keycloak shows.
func (d *Directory) Get(ctx context.Context, ref scim.Ref, n scim.Need) (scim.Resource, error) {
	shown, err := d.Directory.Get(ctx, ref, n)
	if err != nil {
		return shown, err
	}
	rem, _, err := d.load(ctx, ref.ID)
	if err != nil {
		return scim.Resource{}, err
	}
	return rem.merge(ref.Type, shown, n), nil
}

// List merges a page with one look into the store.
func (d *Directory) List(ctx context.Context, q scim.Query) (scim.Page, error) {
	p, err := d.Directory.List(ctx, q)
	if err != nil || len(p.Resources) == 0 {
		return p, err
	}
	ids := make([]string, len(p.Resources))
	for i, r := range p.Resources {
		ids[i] = r.ID()
	}
	recs, err := d.records.Load(ctx, ids...)
	if err != nil {
		return scim.Page{}, scim.Unavailable("the store", err)
	}
	for i, r := range p.Resources {
		rem, err := read(recs[r.ID()])
		if err != nil {
			return scim.Page{}, err
		}
		p.Resources[i] = rem.merge(q.Type, r, q.Need)
	}
	return p, nil
}

// tries is how often a write is begun anew because somebody saved the record meanwhile. The lock of the room above makes that rare: only
// a lock that expired lets it happen.
const tries = 3

// Update lets Keycloak have what it can hold and keeps the rest.
func (d *Directory) Update(ctx context.Context, ref scim.Ref, edit scim.Edit) (scim.Resource, error) {
	var r scim.Resource
	err := d.again(func() (err error) {
		r, err = d.update(ctx, ref, edit)
		return err
	})
	return r, err
}

func (d *Directory) again(write func() error) error {
	for attempt := 1; ; attempt++ {
		if err := write(); !errors.Is(err, store.ErrConflict) || attempt == tries {
			return err
		}
	}
}

func (d *Directory) update(ctx context.Context, ref scim.Ref, edit scim.Edit) (scim.Resource, error) {
	rem, rec, err := d.load(ctx, ref.ID)
	if err != nil {
		return scim.Resource{}, err
	}
	var current, wanted scim.Resource
	shown, err := d.Directory.Update(ctx, ref, func(native scim.Resource) (scim.Resource, error) {
		current = rem.merge(ref.Type, native, scim.Need{})
		var err error
		if wanted, err = edit(current); err != nil {
			return wanted, err
		}
		return offer(d.Able(), ref.Type, native, wanted), nil
	})
	if err != nil {
		return scim.Resource{}, err
	}
	pairs, err := difference(d.Able(), ref.Type, wanted, shown)
	if err != nil {
		return scim.Resource{}, err
	}
	next := remainder{Type: ref.Type, Pairs: pairs, Modified: rem.Modified}
	if len(scim.Diff(current, wanted)) > 0 {
		next.Modified = d.now()
	}
	answer := next.merge(ref.Type, shown, scim.Need{})
	if found := terms(ref.Type, answer); !next.equal(rem) || !slices.Equal(found, rec.Terms) {
		err = d.save(ctx, ref.ID, store.Record{Rev: rec.Rev, Terms: found}, next)
	}
	return answer, err
}

// Join changes members below and notes when: Keycloak does not move lastModified.
func (d *Directory) Join(ctx context.Context, group scim.Ref, m scim.Membership) error {
	if err := d.Directory.Join(ctx, group, m); err != nil {
		return err
	}
	return d.again(func() error {
		rem, rec, err := d.load(ctx, group.ID)
		if err != nil {
			return err
		}
		rem.Type, rem.Modified = group.Type, d.now()
		return d.save(ctx, group.ID, rec, rem)
	})
}

// Delete removes the resource, then its record. A resource that is gone already takes its record with it.
func (d *Directory) Delete(ctx context.Context, ref scim.Ref) error {
	err := d.Directory.Delete(ctx, ref)
	var known *scim.Error
	if err != nil && !(errors.As(err, &known) && known.Status == 404) {
		return err
	}
	if gone := d.records.Delete(ctx, ref.ID); gone != nil {
		return scim.Unavailable("the store", gone)
	}
	return err
}

func (rem remainder) equal(o remainder) bool {
	return slices.Equal(rem.Pairs, o.Pairs) && rem.Modified.Equal(o.Modified)
}

func (d *Directory) load(ctx context.Context, id string) (remainder, store.Record, error) {
	recs, err := d.records.Load(ctx, id)
	if err != nil {
		return remainder{}, store.Record{}, scim.Unavailable("the store", err)
	}
	rem, err := read(recs[id])
	return rem, recs[id], err
}

func read(r store.Record) (remainder, error) {
	var rem remainder
	if len(r.Body) == 0 {
		return rem, nil
	}
	if err := json.Unmarshal(r.Body, &rem); err != nil {
		return rem, scim.Unavailable("a kept record", err)
	}
	return rem, nil
}

func (d *Directory) save(ctx context.Context, id string, rec store.Record, rem remainder) error {
	var err error
	if rec.Body, err = json.Marshal(rem); err != nil {
		return err
	}
	if _, err = d.records.Save(ctx, id, rec); err != nil {
		return scim.Unavailable("the store", err)
	}
	return nil
}
