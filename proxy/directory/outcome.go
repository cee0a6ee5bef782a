package directory

import (
	"context"
	"strings"
	"sync/atomic"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Outcome is what became of a write besides its error. It travels in the context of the write, because a layer that mends what a
// change left behind has no error to tell of it.
type Outcome struct{ doubt, adopted atomic.Bool }

type outcomeKey struct{}

// WithOutcome gives a context an outcome to note things in.
func WithOutcome(ctx context.Context) (context.Context, *Outcome) {
	o := &Outcome{}
	return context.WithValue(ctx, outcomeKey{}, o), o
}

// OutcomeOf is the context's outcome; without one it is an outcome that nobody reads.
func OutcomeOf(ctx context.Context) *Outcome {
	if o, ok := ctx.Value(outcomeKey{}).(*Outcome); ok {
		return o
	}
	return &Outcome{}
}

// Doubt notes that a change was sent and got no answer, so that it may still take effect.
func (o *Outcome) Doubt() { o.doubt.Store(true) }

// InDoubt reports whether a change may still take effect.
func (o *Outcome) InDoubt() bool { return o.doubt.Load() }

// Adopt notes that a create took over a resource that an earlier, unanswered create had made.
func (o *Outcome) Adopt() { o.adopted.Store(true) }

// Adopted reports whether the created resource was taken over. It must not be deleted because the rest of the create failed.
func (o *Outcome) Adopted() bool { return o.adopted.Load() }

// PutBack undoes a write of which a later part failed, through the directory that made it, and returns the cause of the failure. If something of
// the write stays, the error says so. It ignores that the caller is gone.
func PutBack(ctx context.Context, d Directory, ref scim.Ref, before, after scim.Resource, cause error) error {
	whole := true
	_, err := d.Update(context.WithoutCancel(ctx), ref, func(now scim.Resource) (back scim.Resource, err error) {
		back, whole = Undo(now, before, after)
		return back, nil
	})
	if err == nil && !whole {
		return scim.Left(cause, nil)
	}
	return Undone(cause, err)
}

// Undone is the cause of a failed write, with a remark if undoing it failed with err. A resource that is gone needs no undoing.
func Undone(cause, err error) error {
	if err == nil || scim.IsGone(err) {
		return cause
	}
	return scim.Left(cause, err)
}

// Undo is the resource as it is now with what a write changed put back: leaves that differ between before and after, and still are as
// after says. What others changed meanwhile stays. A user who was disabled is not enabled again, because it cannot be told who
// else wanted that.
func Undo(now, before, after scim.Resource) (undone scim.Resource, whole bool) {
	out, whole := now, true
	for _, op := range scim.Diff(after, before) {
		at := op.Path.AttrPath
		enables := at.URN == "" && strings.EqualFold(at.Name, "active") && op.Value == "true"
		if enables || !document.Same(now.Get(at), after.Get(at)) {
			whole = false
			continue
		}
		out = out.Set(at, op.Value)
	}
	return out, whole
}
