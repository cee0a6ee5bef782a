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

// IsAction reports whether the entry has an Action as its verb.
func (e Entry) IsAction() bool { return slices.Contains(actions, Action(e.Verb)) }

// Note saves an entry with an Action as its Verb, which names no resource. Name is what the action
// is about, such as the id of a token, and Reason says more; both are kept without values too. An
// entry without a Request gets one, so that it can be explained. A nil Log keeps nothing.
func (l *Log) Note(ctx context.Context, e Entry) error {
	if e.State = Done; l == nil {
		return nil
	}
	return l.begin(ctx, &e)
}

// Intend saves the entry of an action that is about to be done: see Note. Conclude ends it.
func (l *Log) Intend(ctx context.Context, e *Entry) error {
	e.State = Open
	return l.begin(ctx, e)
}

func (l *Log) begin(ctx context.Context, e *Entry) error {
	if !e.IsAction() || e.Type != "" || e.Target != "" {
		return fmt.Errorf("journal: %q of %s %s is not an operator's action", e.Verb, e.Type, e.Target)
	}
	l.number(e)
	if e.Request = cmp.Or(e.Request, l.NewID()); e.State == Done {
		e.Ended = e.Begun
	}
	return l.put(ctx, e)
}

// Conclude saves what has become of an action. failed says why it was not done, "" if it was.
func (l *Log) Conclude(ctx context.Context, e *Entry, failed string) error {
	if e.State, e.Ended = Done, l.Now().UTC(); failed != "" {
		e.State, e.Reason = Failed, failed
	}
	return l.put(ctx, e)
}
