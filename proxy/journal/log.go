package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/store"
)

// SpacePrefix begins the names of the spaces of journals.
const SpacePrefix = "journal."

// Options of a Log.
type Options struct {
	// Space has the entries, by their ids.
	Space store.Space
	// Writer saves what no answer waits for. Several logs may share it.
	Writer *Writer
	// Values keeps the values of attributes, which an undo needs.
	Values bool
	// Keep is how long entries are kept, and Most how many.
	Keep time.Duration
	Most int
	// Outbox names the receivers of an entry of a tenant. It may be nil.
	Outbox func(tenant string) []string
	// Filled is called after an entry with receivers was saved. It may be nil.
	Filled func(l *Log, receivers []string)
	// Receivers are all that Outbox may name.
	Receivers []string
	// Undelivered is called with the entries that were deleted before all receivers had them. It
	// may be nil.
	Undelivered func(space string, entries int)
	Now         func() time.Time
	NewID       func() string
}

// Log has the entries of one scope. It is safe for concurrent use.
type Log struct {
	Options
	refusals refusals
}

// New returns the log in a space. It does not access the store.
func New(o Options) *Log { return &Log{Options: o, refusals: refusals{now: o.Now}} }

// Name is that of the space.
func (l *Log) Name() string { return l.Space.Name() }

// idAt returns the smallest id of a time.
func idAt(t time.Time) string { return fmt.Sprintf("%014x", max(t.UnixMicro(), 0)) }

// timeOf returns the time of an id of idAt or of an entry.
func timeOf(id string) (time.Time, bool) {
	head, _, _ := strings.Cut(id, "-")
	micro, err := strconv.ParseInt(head, 16, 64)
	return time.UnixMicro(micro), err == nil
}

// number gives an entry its id and its time.
func (l *Log) number(e *Entry) {
	e.Begun = l.Now().UTC()
	e.ID = idAt(e.Begun) + "-" + l.NewID()[:10]
}

// save writes an entry, which a call or the outcome of one waits for.
func (l *Log) save(ctx context.Context, e *Entry) error {
	kept := *e
	kept.learn()
	if !l.Values {
		kept.withoutValues()
	}
	err := l.put(ctx, &kept)
	e.rev = kept.rev
	return err
}

// put writes an entry as it is.
func (l *Log) put(ctx context.Context, e *Entry) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	rev, err := l.Space.Save(ctx, e.ID, store.Record{Rev: e.rev, Body: body, Terms: e.terms()})
	if err != nil {
		return err
	}
	e.rev = rev
	return nil
}

// Begin saves an entry before its change is made. The error is the answer to the caller.
func (l *Log) Begin(ctx context.Context, e *Entry) error {
	if e.ID == "" {
		l.number(e)
	}
	e.State = Open
	err := l.save(ctx, e)
	switch {
	case errors.Is(err, store.ErrTooLarge): // a repetition would be too large too
		return &scim.Error{Status: 413, Detail: "the change is too large for the journal, so nothing was done: divide it", Cause: err}
	case err != nil:
		return scim.Unavailable("the journal", err)
	}
	return nil
}

// End saves the outcome of an entry, later.
func (l *Log) End(e Entry) {
	l.Writer.put(func(ctx context.Context) error { return l.Settle(ctx, &e) })
}

// Settle saves the outcome of an entry now. It fails with store.ErrConflict if another process has
// done that.
func (l *Log) Settle(ctx context.Context, e *Entry) error {
	if e.Ended.IsZero() {
		e.Ended = l.Now().UTC()
	}
	if l.Outbox != nil && e.Happened() {
		if e.Outbox = l.Outbox(e.Tenant); len(e.Outbox) > 0 && e.Notice == nil {
			e.Notice = e.notice()
		}
	}
	if err := l.save(ctx, e); err != nil {
		return err
	}
	if l.Filled != nil && len(e.Outbox) > 0 {
		l.Filled(l, e.Outbox)
	}
	return nil
}

// Unsettled returns all entries that are open.
func (l *Log) Unsettled(ctx context.Context) ([]Entry, error) {
	ids, err := l.Space.Find(ctx, openTerm)
	if err != nil {
		return nil, err
	}
	return l.load(ctx, ids)
}

// Flush waits until everything that was ended before is saved.
func (l *Log) Flush(ctx context.Context) error { return l.Writer.Flush(ctx) }

// Entry returns one entry by its id; false if there is none.
func (l *Log) Entry(ctx context.Context, id string) (Entry, bool, error) {
	all, err := l.load(ctx, []string{id})
	if err != nil || len(all) == 0 {
		return Entry{}, false, err
	}
	return all[0], true, nil
}

// loadPage is how many entries are read at once.
const loadPage = 200

// load returns the entries that exist, in the order of the ids.
func (l *Log) load(ctx context.Context, ids []string) (all []Entry, err error) {
	for some := range slices.Chunk(ids, loadPage) {
		records, err := l.Space.Load(ctx, some...)
		if err != nil {
			return nil, err
		}
		for _, id := range some {
			r, there := records[id]
			if !there {
				continue
			}
			e, err := read(id, r)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	return all, nil
}

func read(id string, r store.Record) (e Entry, err error) {
	if err := json.Unmarshal(r.Body, &e); err != nil {
		return e, fmt.Errorf("%w: journal entry %s: %w", store.ErrUnreadable, id, err)
	}
	e.ID, e.rev = id, r.Rev
	return e, nil
}
