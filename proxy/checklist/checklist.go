package checklist

import (
	"slices"
	"time"
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

// Input is what a checklist is made from, besides entries.
type Input struct {
	// Connected is when a read was answered first, Matched when users were first looked up.
	Connected, Matched time.Time
	// Required are the attributes of the Seen, as they are now.
	Required []Required
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

// Lines returns the lines of a checklist.
func (s *Seen) Lines(in Input) []Line {
	lines := make([]Line, len(s.lines))
	for i, l := range s.lines {
		var r Required
		if n := i - len(titles); n >= 0 && n < len(in.Required) {
			r = in.Required[n]
		}
		lines[i] = l.line(in, r)
	}
	return lines
}

// Finished reports whether every line is green or waived.
func Finished(lines []Line) bool {
	return !slices.ContainsFunc(lines, func(l Line) bool { return l.State == Open || l.State == Red })
}

// line is the line after all entries.
func (l seenLine) line(in Input, r Required) Line {
	made := Line{ID: l.id, Title: l.title, Lives: r.Lives}
	fact := map[string]time.Time{Connect: in.Connected, Match: in.Matched}[l.id]
	if l.id == Connect && fact.IsZero() { // to look users up is to connect
		fact = in.Matched
	}
	failed, note := l.failure(r.Kept)
	waived, is := in.Waived[l.id]
	switch {
	case !l.green.at.IsZero():
		made.State, made.At, made.Request = Green, l.green.at, l.green.request
		if !fact.IsZero() && fact.Before(made.At) {
			made.At, made.Request = fact, ""
		}
	case !fact.IsZero():
		made.State, made.At = Green, fact
	case is:
		made.State, made.At, made.Reason = Waived, waived.At, "waived by the operator: "+waived.Reason
		return made
	case failed != nil:
		made.State, made.At, made.Request, made.Reason, made.Change = Red, failed.At, failed.Request, failed.Reason, failed.Change
		return made
	default:
		made.State, made.Reason = Open, note
		return made
	}
	if failed != nil && failed.At.After(made.At) {
		made.Problem = failed
	}
	return made
}
