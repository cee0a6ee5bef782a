package checklist

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/journal"
)

// State is how far a line is.
type State string

// The states of a line.
const (
	Open   State = "open"
	Green  State = "green"
	Red    State = "red"
	Waived State = "waived"
)

// The lines that every tenant has. A required attribute has a line with AttributePrefix and its
// path.
const (
	Connect    = "connect"
	Match      = "match"
	Create     = "create"
	Update     = "update"
	Group      = "group"
	Members    = "members"
	Deactivate = "deactivate"
	Reactivate = "reactivate"

	AttributePrefix = "attribute:"
)

// Line is one line of a checklist.
type Line struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	State State  `json:"state"`
	// At and Request are of the first success of a green line, and of the last failure of a red one.
	At      time.Time `json:"at,omitzero"`
	Request string    `json:"request,omitempty"`
	// Reason is why the line is red or waived, or what is known about an open one.
	Reason string `json:"reason,omitempty"`
	// Change is what to change at the provider.
	Change string `json:"change,omitempty"`
	// Lives is where the value of a required attribute is kept.
	Lives string `json:"lives,omitempty"`
	// Problem is the last failure after a success.
	Problem *Problem `json:"problem,omitempty"`
}

// Problem is a call that failed.
type Problem struct {
	At      time.Time `json:"at"`
	Request string    `json:"request,omitempty"`
	Reason  string    `json:"reason"`
	Change  string    `json:"change,omitempty"`
}

// Required is an attribute that the tenant needs.
type Required struct {
	Path string
	// Lives is where its value is kept: Keycloak or store; "" if that is not known.
	Lives string
	// Kept means that the store keeps it, so that entries without values name it.
	Kept bool
}

// Input is what a checklist is made from.
type Input struct {
	IDP string
	// Entries are those of the tenant since the set-up began, in the order of their time.
	Entries []journal.Entry
	// Connected is when a read was answered first, Matched when users were first looked up.
	Connected, Matched time.Time
	Required           []Required
	// Waived has the reasons of waived lines.
	Waived map[string]Waiver
}

// Waiver is why an operator has waived a line.
type Waiver struct {
	Reason string
	At     time.Time
}

// Lines returns the names of all lines of a tenant.
func Lines(required []Required) (ids []string) {
	for _, t := range titles {
		ids = append(ids, t.id)
	}
	for _, r := range required {
		ids = append(ids, AttributePrefix+r.Path)
	}
	return ids
}

var titles = []struct{ id, title string }{
	{Connect, "The provider connects with its token"},
	{Match, "The provider looks users up before it creates them"},
	{Create, "A user is created"},
	{Update, "A user is changed"},
	{Group, "A group is created"},
	{Members, "A user becomes a member of a group"},
	{Deactivate, "A user is deactivated"},
	{Reactivate, "A user is activated again"},
}

// Of returns the lines of a checklist.
func Of(in Input) []Line {
	all := make([]fold, 0, len(titles)+len(in.Required))
	for _, t := range titles {
		all = append(all, fold{Line: Line{ID: t.id, Title: t.title}})
	}
	for _, r := range in.Required {
		all = append(all, fold{Line: Line{ID: AttributePrefix + r.Path, Title: "Users are sent with " + r.Path[strings.LastIndexByte(r.Path, ':')+1:], Lives: r.Lives}, required: &r})
	}
	inactive := map[string]bool{} // users whose last change of active was a deactivation, of entries without values
	for _, e := range in.Entries {
		seen := readEntry(e, inactive)
		for i := range all {
			all[i].see(in.IDP, e, seen)
		}
	}
	lines := make([]Line, len(all))
	for i, f := range all {
		lines[i] = f.line(in)
	}
	return lines
}

// Finished reports whether every line is green or waived.
func Finished(lines []Line) bool {
	return !slices.ContainsFunc(lines, func(l Line) bool { return l.State == Open || l.State == Red })
}

// fold is a line that entries are added to.
type fold struct {
	Line

	required *Required
	green    *journal.Entry
	failed   *Problem
	note     string
}

// line is the line after all entries.
func (f fold) line(in Input) Line {
	l := f.Line
	fact := map[string]time.Time{Connect: in.Connected, Match: in.Matched}[l.ID]
	if l.ID == Connect && fact.IsZero() { // to look users up is to connect
		fact = in.Matched
	}
	waived, is := in.Waived[l.ID]
	switch {
	case f.green != nil:
		l.State, l.At, l.Request = Green, f.green.Begun, f.green.Request
		if !fact.IsZero() && fact.Before(l.At) {
			l.At, l.Request = fact, ""
		}
	case !fact.IsZero():
		l.State, l.At = Green, fact
	case is:
		l.State, l.At, l.Reason = Waived, waived.At, "waived by the operator: "+waived.Reason
		return l
	case f.failed != nil:
		l.State, l.At, l.Request, l.Reason, l.Change = Red, f.failed.At, f.failed.Request, f.failed.Reason, f.failed.Change
		return l
	default:
		l.State, l.Reason = Open, f.note
		return l
	}
	if f.failed != nil && f.failed.At.After(l.At) {
		l.Problem = f.failed
	}
	return l
}

// see adds an entry.
func (f *fold) see(idp string, e journal.Entry, s sight) {
	var does, fails bool
	switch f.ID {
	case Connect: // a request with another outcome had a good token
		fails = e.State == journal.Refused && e.Status == 401
		does = !fails
	case Match: // reads have no entries
	default:
		if f.required != nil {
			f.attribute(idp, e, s)
			return
		}
		does, fails = s.did[f.ID], s.failed[f.ID]
		if s.held[f.ID] {
			f.note, _ = reasonOf(idp, e)
		}
	}
	if does && f.green == nil {
		f.green = &e
	}
	if fails {
		reason, change := reasonOf(idp, e)
		f.failed = &Problem{At: e.Begun, Request: e.Request, Reason: reason, Change: change}
	}
}

// attribute adds an entry to the line of a required attribute.
func (f *fold) attribute(idp string, e journal.Entry, s sight) {
	sent, known := s.sends(*f.required)
	switch {
	case sent:
		if f.green == nil {
			f.green = &e
		}
	case known && s.did[Create]:
		f.failed = &Problem{
			At: e.Begun, Request: e.Request,
			Reason: fmt.Sprintf("a user was created without a value of %s", f.required.Path),
			Change: mapping(idp, f.required.Path),
		}
	case !known && s.did[Create]:
		f.note = "the journal keeps no values (journal.values is false), so whether the attribute was sent at the create is not known: change it once in the provider"
	}
}
