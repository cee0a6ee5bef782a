package drift

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/pause"
	"keycloak-scim-proxy/proxy/scim"
)

// Kind is what was found.
type Kind string

// The kinds.
const (
	Changed Kind = "changed" // an attribute has another value
	Joined  Kind = "joined"  // a user is a member of a group and should not be
	Left    Kind = "left"    // a user is not a member of a group and should be
	Gone    Kind = "gone"    // a resource was deleted
	Back    Kind = "back"    // a resource exists that was deleted
	New     Kind = "new"     // a resource was created: information only
)

// Row is one difference. Its JSON form is documented in docs/drift.md.
type Row struct {
	Kind Kind              `json:"kind"`
	Type scim.ResourceType `json:"type"`
	ID   string            `json:"id"`
	Name string            `json:"name,omitempty"`
	// Attribute is the path of an attribute. Intended and Shown are JSON texts; "" is no value.
	Attribute string `json:"attribute,omitempty"`
	Intended  string `json:"intended,omitempty"`
	Shown     string `json:"shown,omitempty"`
	// User is the id of a user who joined or left the group.
	User string `json:"user,omitempty"`

	at scim.AttrPath
}

// Report is what a walk has found.
type Report struct {
	Users   int `json:"users"` // that were looked at
	Groups  int `json:"groups"`
	Entries int `json:"entries"` // of the journal
	// Drifted is how many users differ, by themselves or by a membership.
	Drifted int `json:"drifted"`
	// Undecided is how many suspicions could not be decided, because a call is under way.
	Undecided int `json:"undecided"`
	// Capped means that the journal has more entries than were read: older intents are not known.
	Capped bool  `json:"capped"`
	Rows   []Row `json:"rows"`
}

// Differences is how many rows are more than information.
func (r Report) Differences() (n int) {
	for _, row := range r.Rows {
		if row.Kind != New {
			n++
		}
	}
	return n
}

// Options bound a walk. Zero values are replaced by defaults.
type Options struct {
	Page  int           // resources of a page; 100
	Pause time.Duration // between pages, and between groups; none
	Most  int           // entries of the journal; 50,000, which need about 50 MB
	// Held reports whether the guard has stopped the tenant: then nothing is done. It may be nil.
	Held func(ctx context.Context) (bool, error)
}

// ErrHeld means that the guard has stopped the tenant.
var ErrHeld = errors.New("the guard has stopped the tenant: drift is looked for after its release")

// ErrNoJournal means that nothing is recorded.
var ErrNoJournal = errors.New("there is no journal (journal.days is 0), so the last intent is not known")

func (o Options) held(ctx context.Context) error {
	if o.Held == nil {
		return nil
	}
	held, err := o.Held(ctx)
	if err == nil && held {
		err = ErrHeld
	}
	return err
}

const (
	defaultPage = 100
	defaultMost = 50_000
)

// Find walks a tenant. It changes nothing.
func Find(ctx context.Context, place operating.Place, o Options) (Report, error) {
	if place.Journal == nil {
		return Report{}, ErrNoJournal
	}
	if o.Page == 0 {
		o.Page = defaultPage
	}
	if o.Most == 0 {
		o.Most = defaultMost
	}
	if err := o.held(ctx); err != nil {
		return Report{}, err
	}
	if err := place.Journal.Flush(ctx); err != nil {
		return Report{}, err
	}
	entries, err := place.Journal.Find(ctx, journal.Query{Most: o.Most, Last: true})
	if err != nil {
		return Report{}, err
	}
	f := &finding{Options: o, place: place, can: place.Directory.Capabilities(), seen: map[scim.Ref]bool{}, named: map[string]bool{}}
	f.report = Report{Entries: len(entries), Capped: len(entries) == o.Most, Rows: []Row{}}
	f.known = newIntents(f.can)
	for _, e := range entries {
		f.known.add(e)
	}
	if len(entries) > 0 {
		f.since = entries[0].Begun
	}
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		if err := f.walk(ctx, t); err != nil {
			return f.report, err
		}
	}
	if err := f.missing(ctx); err != nil {
		return f.report, err
	}
	slices.SortFunc(f.report.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.Type, a.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Attribute, b.Attribute), cmp.Compare(a.User, b.User))
	})
	f.report.Drifted = len(f.named)
	return f.report, nil
}

// finding is a walk under way.
type finding struct {
	Options
	place  operating.Place
	can    directory.Capabilities
	known  *intents
	since  time.Time // of the first entry
	seen   map[scim.Ref]bool
	named  map[string]bool // users that differ
	report Report
}

// walk reads all resources of a type.
func (f *finding) walk(ctx context.Context, t scim.ResourceType) error {
	q := directory.Query{Type: t, Start: 1, Count: f.Page, Cursor: new(string)}
	for {
		if err := f.held(ctx); err != nil {
			return err
		}
		p, err := f.place.Directory.List(ctx, q)
		if err != nil {
			return err
		}
		if err := f.page(ctx, t, p.Resources); err != nil {
			return err
		}
		switch {
		case p.Next != "":
			q.Cursor = &p.Next
		case len(p.Resources) == 0 || q.Start+len(p.Resources) > p.Total || *q.Cursor != "":
			return nil
		default:
			q.Start += len(p.Resources)
		}
		if err := pause.For(ctx, f.Pause); err != nil {
			return err
		}
	}
}

// page looks at the resources of a page.
func (f *finding) page(ctx context.Context, t scim.ResourceType, resources []scim.Resource) error {
	ids := make([]string, len(resources))
	for i, r := range resources {
		ids[i] = r.ID()
	}
	records, err := f.place.Records.Load(ctx, ids...)
	if err != nil {
		return err
	}
	for i, r := range resources {
		if err := f.look(ctx, scim.Ref{Type: t, ID: ids[i]}, r, records[ids[i]].Body); err != nil {
			return err
		}
	}
	return nil
}

// look compares a resource as a page shows it, and checks it again if it differs.
func (f *finding) look(ctx context.Context, ref scim.Ref, shown scim.Resource, kept []byte) error {
	if f.seen[ref] {
		return nil
	}
	f.seen[ref] = true
	if ref.Type == scim.User {
		f.report.Users++
	} else {
		f.report.Groups++
		if f.known.all[ref] != nil {
			if err := pause.For(ctx, f.Pause); err != nil {
				return err
			}
			group, err := f.place.Directory.Get(ctx, ref, directory.Fields{Members: true})
			if scim.Status(err) == notFound {
				return nil
			}
			if err != nil {
				return err
			}
			shown = group
		}
	}
	rows, err := f.compare(ref, shown, kept, f.known)
	if err != nil || len(rows) == 0 {
		return err
	}
	return f.check(ctx, ref)
}

// missing checks the resources that the journal knows and the walk has not seen.
func (f *finding) missing(ctx context.Context) error {
	for ref, in := range f.known.all {
		if f.seen[ref] || in.gone {
			continue
		}
		if err := f.check(ctx, ref); err != nil {
			return err
		}
	}
	return nil
}
