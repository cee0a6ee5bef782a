package issued

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/store"
)

const (
	// Every is the age of a record from which on it is read again.
	Every = 2 * time.Second
	// Stale is the age of a record from which on it is not trusted any more.
	Stale = 30 * time.Second
	// surveyEvery is how often Run reads all records, for Known.
	surveyEvery = 10 * time.Second
)

// ErrUnread means that the store cannot be read, so that it is not known whether a token is valid.
var ErrUnread = errors.New("issued: tokens that were made at run time cannot be read from the store")

// Options say whose tokens there are.
type Options struct {
	// Space is that of SpaceName.
	Space store.Space
	// Place returns the realm and group of a tenant as one text; false if there is no such tenant.
	Place func(tenant string) (string, bool)
	// Taken reports whether a file has a key with this id.
	Taken func(tenant, id string) bool
	// Journal returns the journal of a tenant, which gets an entry for each change; nil if it has
	// none.
	Journal func(tenant string) *journal.Log
	// Uses returns when keys of a tenant were last used, as far as it is known. It may be nil.
	Uses func(ctx context.Context, tenant string, ids []string) map[string]time.Time
	// Changed is called when tokens may have changed. It may be nil.
	Changed func()
	Now     func() time.Time
}

// Tokens are those of all tenants. It is safe for concurrent use.
type Tokens struct {
	o       Options
	reading singleflight.Group

	mu    sync.Mutex
	kept  map[string]*kept
	good  time.Time // when a reading last succeeded, first the time of New
	wrong error     // of the last reading
}

// kept is what is known of the record of a tenant.
type kept struct {
	all    []Token
	tried  time.Time // when the last reading began
	good   time.Time // when the last one that succeeded began; zero: none did
	wrong  error     // of the last reading
	writes int       // how often this process has changed the record
	rev    uint64    // the highest revision that this process has written
}

// New makes a Tokens. It does not access the store.
func New(o Options) *Tokens { return &Tokens{o: o, kept: map[string]*kept{}, good: o.Now()} }

// of returns what is known of a tenant, after it was read again if that is due. Callers that ask at
// the same time share a reading.
func (t *Tokens) of(ctx context.Context, tenant string) (kept, error) {
	now := t.o.Now()
	k := t.look(tenant)
	if age := now.Sub(k.tried); !k.tried.IsZero() && age >= 0 && age < Every {
		return k, nil
	}
	done := t.reading.DoChan(tenant, func() (any, error) {
		t.read(context.WithoutCancel(ctx), tenant)
		return nil, nil
	})
	select {
	case <-ctx.Done():
		return kept{}, ctx.Err()
	case <-done:
		return t.look(tenant), nil
	}
}

func (t *Tokens) look(tenant string) kept {
	t.mu.Lock()
	defer t.mu.Unlock()
	if k := t.kept[tenant]; k != nil {
		return *k
	}
	return kept{}
}

// read reads the record of a tenant.
func (t *Tokens) read(ctx context.Context, tenant string) {
	ctx, cancel := context.WithTimeout(ctx, Every)
	defer cancel()
	began, before := t.o.Now(), t.look(tenant)
	found, err := t.o.Space.Load(ctx, tenant)
	t.reached(err)
	var all []Token
	if err == nil {
		r, there := found[tenant]
		all, err = decode(tenant, r, there)
	}
	t.took(tenant, all, began, before.writes, err)
}

// in returns what is known of a tenant, to be changed while mu is held.
func (t *Tokens) in(tenant string) *kept {
	if t.kept[tenant] == nil {
		t.kept[tenant] = &kept{}
	}
	return t.kept[tenant]
}

// took keeps what a reading has found. A reading is ignored if it began before this process changed
// the record, or before another reading: the other is newer. It reports whether tokens have
// changed.
func (t *Tokens) took(tenant string, all []Token, began time.Time, writes int, err error) (changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.in(tenant)
	if k.writes != writes || began.Before(k.tried) {
		return false
	}
	k.tried, k.wrong = began, err
	if err == nil {
		changed = !slices.Equal(k.all, all)
		k.all, k.good = all, began
	}
	return changed
}

// wrote keeps what this process has written with a revision, unless it has written a later one; 0
// is no record.
func (t *Tokens) wrote(tenant string, all []Token, rev uint64) {
	t.mu.Lock()
	if k := t.in(tenant); rev == 0 || rev > k.rev {
		now := t.o.Now()
		k.all, k.tried, k.good, k.wrong, k.rev = all, now, now, nil, max(rev, k.rev)
		k.writes++
	}
	t.mu.Unlock()
	if t.o.Changed != nil {
		t.o.Changed()
	}
}

// Notes say for people what cannot be read since 30 seconds, and what that means.
func (t *Tokens) Notes() (lines []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	const means = "tokens that no file names get 503: "
	now := t.o.Now()
	if t.wrong != nil && now.Sub(t.good) >= Stale {
		return []string{"tokens that were made at run time were not read from the store for 30 s or more; " + means + t.wrong.Error()}
	}
	for _, name := range slices.Sorted(maps.Keys(t.kept)) {
		if k := t.kept[name]; k.wrong != nil && now.Sub(k.good) >= Stale {
			lines = append(lines, "tenant "+name+": "+means+k.wrong.Error())
		}
	}
	return lines
}

// Known are the tokens of a tenant as they were read last, without I/O.
func (t *Tokens) Known(tenant string) []Token { return t.look(tenant).all }

// Run reads all records until the context ends, so that Known has tokens that are not used too.
func (t *Tokens) Run(ctx context.Context) {
	tick := time.NewTicker(surveyEvery)
	defer tick.Stop()
	for {
		t.survey(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// page is how many records a survey reads at once.
const page = 200

// survey reads the records of all tenants.
func (t *Tokens) survey(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, surveyEvery)
	defer cancel()
	began, before, changed := t.o.Now(), t.versions(), false
	gone := maps.Clone(before)
	for after, more := "", true; more; {
		some, next, err := t.o.Space.Page(ctx, after, page)
		if t.reached(err); err != nil {
			return
		}
		for _, e := range some {
			delete(gone, e.ID)
			if _, configured := t.o.Place(e.ID); configured {
				all, err := decode(e.ID, e.Record, true)
				changed = t.took(e.ID, all, began, before[e.ID], err) || changed
			}
		}
		after, more = next, next != ""
	}
	for name, writes := range gone {
		changed = t.took(name, nil, began, writes, nil) || changed
	}
	if changed && t.o.Changed != nil {
		t.o.Changed()
	}
}

// reached keeps whether the store could be read.
func (t *Tokens) reached(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wrong = err; err == nil {
		t.good = t.o.Now()
	}
}

// versions are the writes of all tenants. It also forgets tenants that are not configured any more.
func (t *Tokens) versions() map[string]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]int{}
	for name, k := range t.kept {
		if _, configured := t.o.Place(name); !configured {
			delete(t.kept, name)
			continue
		}
		all[name] = k.writes
	}
	return all
}
