package journal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Action is the verb of an entry about what an operator did. It does not write a resource: it is
// not undone, is no part of what a tenant wanted, and receivers of events do not get it.
type Action string

// The actions.
const (
	TokenMade         Action = "token made"
	TokenRevoked      Action = "token revoked"
	Invited           Action = "invited"
	InvitationRevoked Action = "invitation revoked"
	Waived            Action = "waived"
	Live              Action = "live"
	Staged            Action = "staged"
	GuardReleased     Action = "guard released"
	GuardClosed       Action = "guard closed"
	Verified          Action = "verified"
)

var actions = []Action{TokenMade, TokenRevoked, Invited, InvitationRevoked, Waived, Live, Staged, GuardReleased, GuardClosed, Verified}

// By is an operator who acts, with the address of the browser; "" for a command.
type By struct{ Name, Address string }

// IsAction reports whether the entry has an Action as its verb.
func (e Entry) IsAction() bool { return slices.Contains(actions, Action(e.Verb)) }

// Note saves an entry with an Action as its Verb, which names no resource. Name is what the action
// is about, such as the id of a token, and Reason says more; both are kept without values too. It
// gets a Request, and is Done unless it is Open, which Conclude ends. A nil Log keeps nothing.
func (l *Log) Note(ctx context.Context, e *Entry) error {
	switch {
	case l == nil:
		return nil
	case !e.IsAction() || e.Type != "" || e.Target != "":
		return fmt.Errorf("journal: %q of %s %s is not an operator's action", e.Verb, e.Type, e.Target)
	}
	if e.ID == "" {
		l.number(e)
	}
	e.Request, e.State = cmp.Or(e.Request, l.NewID()), cmp.Or(e.State, Done)
	if e.State != Open {
		e.Ended = l.Now().UTC()
	}
	return l.put(ctx, e)
}

// Conclude saves what became of an Open action, also if the caller is gone. failed says why it was
// not done, "" if it was.
func (l *Log) Conclude(ctx context.Context, e *Entry, failed string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	if e.State = Done; failed != "" {
		e.State, e.Reason = Failed, failed
	}
	return l.Note(ctx, e)
}
