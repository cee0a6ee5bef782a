package journaling

import (
	"context"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/journal"
	"keycloak-scim-proxy/proxy/observe"
	"keycloak-scim-proxy/proxy/observe/calls"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/secrets"
)

// Circumstances of a request that the entry of a call has too.
type Circumstances struct {
	Request, Address, IDP string
	Rules                 []string
}

// CircumstancesOf are those of the request of a context, by its record.
func CircumstancesOf(ctx context.Context) Circumstances {
	s := observe.From(ctx).Summary()
	return Circumstances{Request: s.RequestID, Address: s.Address, IDP: s.IDP, Rules: s.Rules}
}

// Caller is the sender of the calls of a Service.
type Caller struct {
	journal.Who
	// Now returns the circumstances of the request of a context.
	Now func(ctx context.Context) Circumstances
	// Refusals says that refused calls have entries. Those of drop-in callers have none, because
	// anyone with a token of the realm could push other entries out of the journal.
	Refusals bool
	// Undoes is the request that the calls undo.
	Undoes string
	// Verb replaces that of the calls, for undo and reapply.
	Verb string
	// Payload reports whether bodies are recorded. It may be nil.
	Payload func(ctx context.Context) bool
}

// Service returns a Service whose writes have entries in the log. Without a log they have none, but
// the layer below sees them nevertheless.
func Service(l *journal.Log, next protocol.Service, c Caller) protocol.Service {
	return protocol.ServiceFunc(func(ctx context.Context, call protocol.Call) (protocol.Answer, error) {
		if !call.Writes() {
			return next.Do(ctx, call)
		}
		observe.From(ctx).Note(func(s *observe.Summary) { s.Called = true })
		s := &sheet{log: l, refusals: c.Refusals, entry: entryOf(ctx, c, call), operator: c.Undoes != "" || c.Verb != ""}
		now := c.Now(ctx)
		s.entry.Request, s.entry.Address, s.entry.IDP, s.entry.Rules = now.Request, now.Address, now.IDP, now.Rules
		under, asked := calls.With(context.WithValue(ctx, sheetKey{}, s))
		a, err := next.Do(under, call)
		if l != nil {
			s.entry.Calls, s.entry.Asked = asked.All()
			s.end(err) //nolint:contextcheck // the outcome is saved when the call has ended
		}
		return a, err
	})
}

func entryOf(ctx context.Context, c Caller, call protocol.Call) journal.Entry {
	ref := protocol.Target(call)
	e := journal.Entry{Who: c.Who, Verb: call.Verb(), Type: ref.Type, Target: ref.ID, Undoes: c.Undoes}
	if c.Verb != "" {
		e.Verb = c.Verb
	}
	if c.Payload != nil && c.Payload(ctx) {
		e.Sent = sent(call)
	}
	return e
}

// maxSent bounds a recorded body.
const maxSent = 64 << 10

// sent is the body of a call after the rules of the dialect, without passwords.
func sent(call protocol.Call) string {
	var text string
	switch call := call.(type) {
	case protocol.Create:
		text = secrets.Without(call.Body.String())
	case protocol.Replace:
		text = secrets.Without(call.Body.String())
	case protocol.Patch:
		text = `{"Operations":` + secrets.Operations(call.Ops) + `}`
	case protocol.Delete, protocol.Read, protocol.List, protocol.Restore:
	}
	if len(text) > maxSent {
		return text[:maxSent] + "…"
	}
	return text
}

// sheet is the entry of a call under way. The layers of a call run one after the other.
type sheet struct {
	log      *journal.Log // nil: nothing is saved
	refusals bool
	// operator: the call undoes or reapplies a change, which an operator has decided.
	operator bool
	entry    journal.Entry
	begun    bool // the entry is saved as open
	allowed  bool // the policy has allowed that users lose access
	outcome  *directory.Outcome
	made     string          // id of the resource that the call has created
	before   scim.Resource   // of the first update
	members  bool            // a change of members was begun
	revived  bool            // the call brings a user back
	times    *journal.Change // meta.lastModified of a group whose members were changed
}

type sheetKey struct{}

// sheetOf returns the entry of the call of a context, nil if it has none.
func sheetOf(ctx context.Context) *sheet {
	s, _ := ctx.Value(sheetKey{}).(*sheet)
	return s
}

// end ends the entry of a call that returned err.
func (s *sheet) end(err error) {
	e := s.entry
	e.MembersToCome = false
	e.Status = scim.Status(err)
	if err != nil {
		failure := scim.AsError(err)
		if e.Reason = failure.Type; s.log.Values && !failure.Private {
			e.Reason = failure.Detail
		}
	}
	switch {
	case !s.begun && err == nil: // nothing was changed
	case !s.begun:
		e.State, e.Changes, e.Before, e.After = journal.Refused, nil, "", ""
		if s.refusals {
			s.log.Refuse(e)
		}
	case err == nil:
		e.State = journal.Done
		s.log.End(e)
	case s.outcome.InDoubt(), scim.AsError(err).Remains: // stays open: a Resolver looks at what is left
	default:
		e.State = journal.Failed
		s.log.End(e)
	}
}
