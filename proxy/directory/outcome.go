package directory

import (
	"context"
	"strings"
	"sync/atomic"

	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/scim/document"
)

// Outcome reports what happened in a write besides its error. It travels in the context of the
// write, because a layer that cleans up after a change may have no error to return.
type Outcome struct{ doubt, adopted atomic.Bool }

type outcomeKey struct{}

// WithOutcome returns a context with an Outcome that the write records to.
func WithOutcome(ctx context.Context) (context.Context, *Outcome) {
	o := &Outcome{}
	return context.WithValue(ctx, outcomeKey{}, o), o
}

// OutcomeOf returns the Outcome of the context. Without one it returns an unused Outcome.
func OutcomeOf(ctx context.Context) *Outcome {
	if o, ok := ctx.Value(outcomeKey{}).(*Outcome); ok {
		return o
	}
	return &Outcome{}
}

// Doubt records that a change was sent and was not answered, so that it may still take effect.
func (o *Outcome) Doubt() { o.doubt.Store(true) }

// InDoubt reports whether a change may still take effect.
func (o *Outcome) InDoubt() bool { return o.doubt.Load() }

// Adopt records that a create took over a resource that an earlier, unanswered create had made.
func (o *Outcome) Adopt() { o.adopted.Store(true) }

// Adopted reports whether the create took over an existing resource. Such a resource must not be
// deleted if the rest of the create fails.
func (o *Outcome) Adopted() bool { return o.adopted.Load() }

// PutBack undoes a write after a later step failed, through the directory that made the write, and
// returns cause, the error of that step. If a part of the write stays, the error says so. PutBack
// ignores the caller's cancellation.
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

// Undone returns cause, the error of a failed write, with a remark if undoing the write failed with
// err. A resource that is gone does not need to be undone.
func Undone(cause, err error) error {
	if err == nil || scim.IsGone(err) {
		return cause
	}
	return scim.Left(cause, err)
}

var lastModified = scim.AttrPath{Name: "meta", Sub: "lastModified"}

// Undo returns the resource now, with the change from before to after reversed. It restores only
// leaves that still have their value in after; changes by others stay. It never enables a user
// again, because others may have disabled the user too. whole reports whether everything was
// restored; meta.lastModified is restored with it.
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
	if whole && document.Same(now.Get(lastModified), after.Get(lastModified)) {
		out = out.Set(lastModified, before.Get(lastModified))
	}
	return out, whole
}
