package undo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/scim"
)

// Selection is what to undo: one request, or all calls of a time.
type Selection struct {
	Request      string
	Since, Until time.Time
	// User and Group are the id or the name of a resource, see journal.Query.
	User, Group string
}

// Action is what becomes of a resource or one of its attributes.
type Action string

// The actions.
const (
	Change Action = "change" // an attribute gets a former value
	Add    Action = "add"    // a user becomes a member of a group again
	Remove Action = "remove" // a user is not a member of a group any more
	Revive Action = "revive" // a user that was parked or deactivated exists again
	Delete Action = "delete" // a resource that was created does not exist any more
	Leave  Action = "leave"  // nothing is done; Reason says why
)

// Row is one change, or one thing that is left alone. Its JSON form is documented in docs/undo.md.
type Row struct {
	Action Action            `json:"action"`
	Type   scim.ResourceType `json:"type,omitempty"`
	ID     string            `json:"id,omitempty"`
	Name   string            `json:"name,omitempty"` // userName or displayName
	// Attribute is the path of an attribute, or members.
	Attribute string `json:"attribute,omitempty"`
	// Now and Then are JSON texts; "" is no value. For members, Now is the id of the user and Then
	// its userName, if it is known.
	Now    string `json:"now,omitempty"`
	Then   string `json:"then,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// Planned is what an undo would do.
type Planned struct {
	// Entries is how many entries of the journal are undone, Requests their requests.
	Entries  int
	Requests []string
	// Rows are the changes, and after them what is left alone.
	Rows  []Row
	steps []*step
}

// Changes is how many rows change something.
func (p Planned) Changes() (n int) {
	for _, r := range p.Rows {
		if r.Action != Leave {
			n++
		}
	}
	return n
}

// ErrNothing means that the journal has no entry of the selection.
var ErrNothing = errors.New("the journal has no entry of this: see `scim-proxy journal` for those that it has")

// ErrNoJournal means that nothing is recorded.
var ErrNoJournal = errors.New("there is no journal (journal.days is 0), so nothing can be undone")

// Plan finds out what an undo would do. It changes nothing.
func Plan(ctx context.Context, place operating.Place, s Selection) (Planned, error) {
	if place.Journal == nil {
		return Planned{}, ErrNoJournal
	}
	if err := place.Journal.Flush(ctx); err != nil {
		return Planned{}, err
	}
	all, err := place.Journal.Find(ctx, journal.Query{Request: s.Request, Since: s.Since, Until: s.Until, User: s.User, Group: s.Group})
	if err != nil {
		return Planned{}, err
	}
	all = slices.DeleteFunc(all, func(e journal.Entry) bool {
		return e.Tenant != place.Tenant || e.IsAction() || e.State != journal.Open && !e.Happened()
	})
	if len(all) == 0 {
		return Planned{}, ErrNothing
	}
	newer, err := laterThan(ctx, place.Journal, all)
	if err != nil {
		return Planned{}, err
	}
	slices.Reverse(all)
	st := &state{place: place, later: newer, resources: map[scim.Ref]*resource{}}
	p := Planned{Entries: len(all)}
	for _, e := range all {
		if !slices.Contains(p.Requests, e.Request) {
			p.Requests = append(p.Requests, e.Request)
		}
		if err := st.undo(ctx, e); err != nil {
			return Planned{}, fmt.Errorf("journal entry %s: %w", e.ID, err)
		}
	}
	p.Rows, p.steps = st.steps()
	return p, nil
}
