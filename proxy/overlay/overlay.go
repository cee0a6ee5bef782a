package overlay

import (
	"context"
	"errors"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// Records is what it needs of a store.Space.
type Records interface {
	Load(ctx context.Context, ids ...string) (map[string]store.Record, error)
	Save(ctx context.Context, id string, r store.Record) (rev uint64, err error)
	Delete(ctx context.Context, ids ...string) error
}

// Options of the layer.
type Options struct {
	// Records hold what is kept of resources, by the resource's id.
	Records Records
	// Pending hold the creates that are under way. They are a space of their own, so that no id in a request can name one.
	Pending Records
	// Limit is how many bytes may be kept of one resource.
	Limit int
	// Caller is who creates: a create that was not answered is finished by its caller's retry only.
	Caller string
	// Now is the clock.
	Now func() time.Time
}

// Directory keeps the remainder of each resource.
type Directory struct {
	directory.Directory
	records recordStore
	pending recordStore
	limit   int
	caller  string
	now     func() time.Time
}

// New builds the layer on a directory. Capabilities is inherited from below unchanged: Placement already says what is kept.
func New(below directory.Directory, o Options) *Directory {
	return &Directory{below, recordStore{o.Records}, recordStore{o.Pending}, o.Limit, o.Caller, o.Now}
}

// Get merges what is kept into what Keycloak shows.
func (d *Directory) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	shown, err := d.Directory.Get(ctx, ref, n)
	if err != nil {
		return shown, err
	}
	rem, rec, err := d.records.load(ctx, ref.ID)
	if err != nil {
		return scim.Resource{}, err
	}
	if err := meter.Take(ctx, recordFactor*len(rec.Body)); err != nil {
		return scim.Resource{}, scim.Busy(err)
	}
	return rem.merge(ref.Type, shown, n), nil
}

// List merges a page with one look into the store.
func (d *Directory) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	p, err := d.Directory.List(ctx, q)
	if err != nil || len(p.Resources) == 0 {
		return p, err
	}
	if d.shownWhole(q.Type, q.Fields) {
		for i, r := range p.Resources {
			p.Resources[i] = remainder{}.merge(q.Type, r, q.Fields)
		}
		return p, nil
	}
	ids := make([]string, len(p.Resources))
	for i, r := range p.Resources {
		ids[i] = r.ID()
	}
	recs, err := d.records.Load(ctx, ids...)
	if err != nil {
		return directory.Page{}, StoreError(err)
	}
	size := 0
	for _, r := range recs {
		size += recordFactor * len(r.Body)
	}
	if err := meter.Take(ctx, size); err != nil {
		return directory.Page{}, scim.Busy(err)
	}
	defer meter.Give(ctx, size)
	for i, r := range p.Resources {
		rem, err := read(recs[r.ID()])
		if err != nil {
			return directory.Page{}, err
		}
		p.Resources[i] = rem.merge(q.Type, r, q.Fields)
	}
	return p, nil
}

// recordFactor is how many bytes a byte of a kept record costs while it is merged.
const recordFactor = 3

// shownWhole reports whether Keycloak alone shows all that is needed, so that nothing is loaded.
func (d *Directory) shownWhole(t scim.ResourceType, n directory.Fields) bool {
	return len(n.Only) > 0 && !slices.ContainsFunc(n.Only, func(name string) bool {
		return name != "id" && (name != "active" || d.Capabilities().Placement(t, scim.AttrPath{Name: name}) != directory.Native)
	})
}

// tries is how often a write is begun anew because somebody saved the record meanwhile. The lock of the room above makes that rare: only
// a lock that expired lets it happen.
const tries = 3

// Update lets Keycloak have what it can hold and keeps the rest.
func (d *Directory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	var r scim.Resource
	var c changed
	err := d.again(func() (err error) {
		r, err = d.update(ctx, ref, edit, &c)
		return err
	})
	if err != nil {
		return scim.Resource{}, d.putBack(ctx, ref, c, err)
	}
	return r, nil
}

// changed is what Keycloak showed before the first try of an update, and after the last one that changed something.
type changed struct{ before, after scim.Resource }

func (d *Directory) again(write func() error) error {
	for attempt := 1; ; attempt++ {
		if err := write(); !errors.Is(err, store.ErrConflict) || attempt == tries {
			return err
		}
	}
}

func (d *Directory) update(ctx context.Context, ref scim.Ref, edit directory.Edit, c *changed) (scim.Resource, error) {
	rem, rec, err := d.records.load(ctx, ref.ID)
	if err != nil {
		return scim.Resource{}, err
	}
	var current, wanted scim.Resource
	shown, err := d.Directory.Update(ctx, ref, func(native scim.Resource) (scim.Resource, error) {
		if c.before.IsZero() {
			c.before = native
		}
		current = rem.merge(ref.Type, native, directory.Fields{})
		var err error
		if wanted, err = edit(current); err != nil {
			return wanted, err
		}
		offered := offer(d.Capabilities(), ref.Type, native, wanted)
		return offered, d.fits(ref.Type, wanted, offered)
	})
	if err != nil {
		return scim.Resource{}, err
	}
	c.after = shown
	pairs, err := difference(d.Capabilities(), ref.Type, wanted, shown)
	if err != nil {
		return scim.Resource{}, err
	}
	next := remainder{Type: ref.Type, Overrides: pairs, Modified: rem.Modified}
	if err := d.checkSize(next.size()); err != nil {
		return scim.Resource{}, err
	}
	if len(scim.Diff(current, wanted)) > 0 {
		next.Modified = d.now()
	}
	answer := next.merge(ref.Type, shown, directory.Fields{})
	if found := terms(ref.Type, answer); !next.equal(rem) || !slices.Equal(found, rec.Terms) {
		err = d.records.save(ctx, ref.ID, store.Record{Rev: rec.Rev, Terms: found}, next)
	}
	return answer, err
}

// putBack undoes the part of an update that Keycloak made before the update failed. If that fails too, the error says so.
func (d *Directory) putBack(ctx context.Context, ref scim.Ref, c changed, cause error) error {
	switch {
	case c.after.IsZero() || len(scim.Diff(c.before, c.after)) == 0:
		return cause
	case errors.Is(cause, store.ErrConflict): // another writer was here: putting back would undo its change
		return scim.Left(cause, nil)
	}
	return directory.PutBack(ctx, d.Directory, ref, c.before, c.after, cause)
}

// ChangeMembers changes members below and notes when: Keycloak does not move lastModified. The membership is changed by then, so a note that cannot be
// saved does not fail the call.
func (d *Directory) ChangeMembers(ctx context.Context, group scim.Ref, m directory.MemberChange) error {
	if err := d.Directory.ChangeMembers(ctx, group, m); err != nil {
		return err
	}
	_ = d.again(func() error {
		rem, rec, err := d.records.load(ctx, group.ID)
		if err != nil {
			return err
		}
		rem.Type, rem.Modified = group.Type, d.now()
		return d.records.save(ctx, group.ID, rec, rem)
	})
	return nil
}

// Delete removes the resource, then its record. The record of a resource that is gone already goes only if the directory below proved that
// (scim.IsGone) and the record is of the type that the request names: any other 404 says nothing about the resource.
func (d *Directory) Delete(ctx context.Context, ref scim.Ref) error {
	err := d.Directory.Delete(ctx, ref)
	if err != nil {
		if !scim.IsGone(err) {
			return err
		}
		rem, _, unread := d.records.load(ctx, ref.ID)
		if unread != nil || rem.Type != ref.Type {
			return err
		}
	}
	if left := d.records.Delete(ctx, ref.ID); left != nil {
		return StoreError(left)
	}
	return err
}
