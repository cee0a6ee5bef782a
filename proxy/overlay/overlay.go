package overlay

import (
	"context"
	"errors"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/meter"
	"keycloak-scim-proxy/proxy/overlay/record"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
	"keycloak-scim-proxy/proxy/store"
)

// Records are the methods of store.Space that the package uses.
type Records interface {
	Load(ctx context.Context, ids ...string) (map[string]store.Record, error)
	Save(ctx context.Context, id string, r store.Record) (rev uint64, err error)
	SaveAndDelete(ctx context.Context, id string, r store.Record, other string, ids ...string) (rev uint64, err error)
	Name() string
	Delete(ctx context.Context, ids ...string) error
}

// Options of the layer.
type Options struct {
	// Records has the records of resources, by resource id.
	Records Records
	// Pending has the records of creates that are not finished. It is a separate space, so that no
	// id in a request can name one of them.
	Pending Records
	// Limit is how many bytes may be kept for one resource.
	Limit int
	// Caller identifies the caller: only the same caller's retry finishes a create that was not
	// answered.
	Caller string
	// Taken is called if a write is refused because another resource has one of its values, with
	// the terms of what Keycloak would have stored. It is set if look-ups trust the index alone:
	// then the terms of a create or a change are saved before Keycloak is asked to make it. It may
	// be nil.
	Taken func(ctx context.Context, t scim.ResourceType, terms []string)
	// Now is the clock.
	Now func() time.Time
	// Complete finishes a create that another process may have left after its first step; nil: the
	// directory creates a resource in one step.
	Complete func(ctx context.Context, ref scim.Ref) error
}

// Directory is the layer.
type Directory struct {
	directory.Directory
	records recordStore
	pending recordStore
	limit   int
	caller  string
	taken   func(ctx context.Context, t scim.ResourceType, terms []string)
	now     func() time.Time

	complete func(ctx context.Context, ref scim.Ref) error
}

// New returns the layer on top of below. It passes Capabilities on unchanged, because Placement
// already says which attributes are kept.
func New(below directory.Directory, o Options) *Directory {
	return &Directory{below, recordStore{o.Records}, recordStore{o.Pending}, o.Limit, o.Caller, o.Taken, o.Now, o.Complete}
}

// Get returns the resource as Keycloak shows it, with the kept attributes.
func (d *Directory) Get(ctx context.Context, ref scim.Ref, n directory.Fields) (scim.Resource, error) {
	shown, err := d.Directory.Get(ctx, ref, n)
	if err != nil {
		return shown, err
	}
	rec, stored, err := d.records.load(ctx, ref.ID)
	if err != nil {
		return scim.Resource{}, err
	}
	if err := meter.Take(ctx, recordFactor*len(stored.Body)); err != nil {
		return scim.Resource{}, scim.Busy(err)
	}
	return d.shown(ref.Type, shown, rec, n), nil
}

// List returns a page with the kept attributes. It loads all records of the page at once.
func (d *Directory) List(ctx context.Context, q directory.Query) (directory.Page, error) {
	p, err := d.Directory.List(ctx, q)
	if err != nil || len(p.Resources) == 0 {
		return p, err
	}
	if d.shownWhole(q.Type, q.Fields) {
		for i, r := range p.Resources {
			p.Resources[i] = d.shown(q.Type, r, record.Record{}, q.Fields)
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
		rec, err := read(recs[r.ID()])
		if err != nil {
			return directory.Page{}, err
		}
		p.Resources[i] = d.shown(q.Type, r, rec, q.Fields)
	}
	return p, nil
}

// recordFactor is how many bytes of memory a byte of a record needs while it is merged.
const recordFactor = 3

// shownWhole reports whether Keycloak shows everything that is needed, so that no record is loaded.
func (d *Directory) shownWhole(t scim.ResourceType, n directory.Fields) bool {
	return len(n.Only) > 0 && !slices.ContainsFunc(n.Only, func(name string) bool {
		return name != "id" && (name != "active" || d.Capabilities().Placement(t, scim.AttrPath{Name: name}) != directory.Native)
	})
}

// tries is how often a write is tried if another writer saves the record meanwhile. The lock of the
// layer above prevents that unless it expires.
const tries = 3

// Update sends to Keycloak what it can store and keeps the rest.
func (d *Directory) Update(ctx context.Context, ref scim.Ref, edit directory.Edit) (scim.Resource, error) {
	var r scim.Resource
	var c changed
	err := d.again(func() (err error) {
		r, err = d.update(ctx, ref, edit, &c)
		return err
	})
	if err != nil {
		left := d.putBack(ctx, ref, c, err)
		if left == err { //nolint:errorlint // unchanged: nothing is left of the change
			d.withdraw(ctx, ref, c.announced)
		}
		d.refusedAsTaken(ctx, ref.Type, c.offered, err) // after what was announced is not in the index any more
		return scim.Resource{}, left
	}
	return r, nil
}

// changed has the resource as Keycloak showed it before the first try of an update and after the
// last try that changed it, and what the last try offered to Keycloak and announced.
type changed struct {
	before, offered, after scim.Resource
	announced              announcement
}

func (d *Directory) again(write func() error) error {
	for attempt := 1; ; attempt++ {
		if err := write(); !errors.Is(err, store.ErrConflict) || attempt == tries {
			return err
		}
	}
}

func (d *Directory) update(ctx context.Context, ref scim.Ref, edit directory.Edit, c *changed) (scim.Resource, error) {
	rec, stored, err := d.records.load(ctx, ref.ID)
	if err != nil {
		return scim.Resource{}, err
	}
	var current, wanted, asked scim.Resource
	shown, err := d.Directory.Update(ctx, ref, func(native scim.Resource) (scim.Resource, error) {
		if c.before.IsZero() {
			c.before = native
		}
		current = rec.Merge(ref.Type, native, directory.Fields{})
		var err error
		if wanted, err = edit(current); err != nil {
			return wanted, err
		}
		standing := rec.Standing(native)
		asked = requested(d.Capabilities(), ref.Type, native, wanted, standing)
		c.offered = offer(d.Capabilities(), ref.Type, native, wanted, standing)
		if err = d.fits(ref.Type, wanted, c.offered); err == nil {
			stored, err = d.announce(ctx, ref, rec, stored, c, wanted, current, native)
		}
		return c.offered, err
	})
	if err != nil {
		return scim.Resource{}, err
	}
	c.after = shown
	overrides, err := difference(d.Capabilities(), ref.Type, asked, shown)
	if err != nil {
		return scim.Resource{}, err
	}
	next := record.Record{Type: ref.Type, Overrides: overrides, Modified: rec.Modified}
	if err := d.checkSize(next.Size()); err != nil {
		return scim.Resource{}, err
	}
	if at, undone := restored(current, wanted, shown); undone {
		next.Modified = at
	} else if len(scim.Diff(current, wanted)) > 0 {
		next.Modified = d.moment()
	}
	answer := next.Merge(ref.Type, shown, directory.Fields{})
	if found := next.Indexing(terms(ref.Type, answer, shown)); !next.Equal(rec) || !slices.Equal(found, stored.Terms) {
		err = d.records.save(ctx, ref.ID, store.Record{Rev: stored.Rev, Terms: found}, next)
	}
	return answer, err
}

// putBack undoes the change of a failed update in Keycloak. If that fails too, the error says so.
func (d *Directory) putBack(ctx context.Context, ref scim.Ref, c changed, cause error) error {
	switch {
	case c.after.IsZero() || len(scim.Diff(c.before, c.after)) == 0:
		return cause
	case errors.Is(cause, store.ErrConflict): // undoing would also undo the other writer's change
		return scim.Left(cause, nil)
	}
	return directory.PutBack(ctx, d.Directory, ref, c.before, c.after, cause)
}

// ChangeMembers changes members and saves the time as the group's lastModified, because Keycloak
// does not change it. The members have changed by then, so a failure to save the time is ignored.
func (d *Directory) ChangeMembers(ctx context.Context, group scim.Ref, m directory.MemberChange) error {
	if err := d.Directory.ChangeMembers(ctx, group, m); err != nil {
		return err
	}
	times := directory.MemberTimeOf(ctx)
	if !times.Changes() {
		return nil
	}
	_ = d.again(func() error {
		rec, stored, err := d.records.load(ctx, group.ID)
		if err != nil {
			return err
		}
		before := rec.Modified
		rec.Type, rec.Modified = group.Type, d.moment()
		if err = d.records.save(ctx, group.ID, stored, rec); err == nil {
			times.Changed(record.Time(before), record.Time(rec.Modified))
		}
		return err
	})
	return nil
}

// Delete removes the resource, then its record. If the resource does not exist, its record is
// removed only if the directory below proved that (scim.IsGone) and the record has the type in the
// request. Any other 404 proves nothing.
func (d *Directory) Delete(ctx context.Context, ref scim.Ref) error {
	err := d.Directory.Delete(ctx, ref)
	if err != nil {
		if !scim.IsGone(err) {
			return err
		}
		rec, _, unread := d.records.load(ctx, ref.ID)
		if unread != nil || rec.Type != ref.Type {
			return err
		}
	}
	if left := d.records.Delete(ctx, ref.ID); left != nil {
		if err != nil {
			return StoreError(left)
		}
		return scim.Left(StoreError(left), nil) // the resource is gone
	}
	return err
}

var lastModified = scim.AttrPath{Name: "meta", Sub: "lastModified"}

// moment is the current time as it is shown.
func (d *Directory) moment() time.Time { return d.now().UTC().Truncate(time.Millisecond) }

// restored reports whether an edit sets meta.lastModified, as only the undo of a change does, and
// returns the time to keep: none if Keycloak shows it.
func restored(current, wanted, shown scim.Resource) (time.Time, bool) {
	asked := wanted.Get(lastModified)
	at, err := time.Parse(time.RFC3339, document.Text(asked))
	if err != nil || asked == current.Get(lastModified) {
		return time.Time{}, false
	}
	if native, err := time.Parse(time.RFC3339, document.Text(shown.Get(lastModified))); err == nil && !at.After(native) {
		return time.Time{}, true
	}
	return at, true
}
