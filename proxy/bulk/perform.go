package bulk

import (
	"context"
	"errors"
	"slices"
	"time"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/turns"
)

// perform carries out a unit, or leaves it out if the context or the program ends before it begins.
func (r *run) perform(ctx context.Context, u *unit) {
	if p := r.runner.Pool; p != nil {
		err := p.Acquire(ctx, r.runner.Caller)
		if err == nil {
			defer p.Release(r.runner.Caller)
		}
		if err != nil || r.ends(ctx) != "" {
			for _, i := range u.ops {
				if r.ops[i].state = leftOut; errors.Is(err, turns.ErrFull) {
					r.ops[i].state, r.ops[i].err = waiting, scim.Unavailable("a place for the operation", err)
				}
			}
			return
		}
	}
	if i := u.ops[0]; len(u.ops) == 1 && !r.refersToItself(i) {
		o := &r.ops[i]
		o.err = r.do(ctx, o, o.call)
		return
	}
	r.circle(ctx, u)
}

func (r *run) refersToItself(i int) bool {
	o := &r.ops[i]
	for _, id := range o.refs {
		if _, creates := o.call.(protocol.Create); creates && r.makers[id] == i {
			return true
		}
	}
	return false
}

// made returns the resource of a bulkId, if it has been created.
func (r *run) made(bulkID string) (scim.Ref, bool) {
	i, ok := r.makers[bulkID]
	if !ok || r.ops[i].ref.ID == "" {
		return scim.Ref{}, false
	}
	return r.ops[i].ref, true
}

// do binds one call of an operation and carries it out.
func (r *run) do(ctx context.Context, o *operation, c protocol.Call) error {
	c, err := Bind(c, r.made)
	if err != nil {
		return err
	}
	if ref := protocol.Target(c); ref.ID != "" {
		o.ref = ref
	}
	a, err := r.runner.Service.Do(ctx, c)
	if err != nil {
		return err
	}
	if _, creates := c.(protocol.Create); creates {
		o.ref.ID = a.Resource.ID()
	}
	o.version, o.skipped, o.adopted = a.Version, append(o.skipped, a.Skipped...), o.adopted || a.Adopted
	return nil
}

// circle creates resources that refer to each other: first all of them without the references that
// cannot be bound yet, then it adds those references. If one operation fails, it removes the
// resources that it has created, because they are incomplete.
func (r *run) circle(ctx context.Context, u *unit) {
	later := make([]protocol.Patch, len(u.ops))
	for n, i := range u.ops {
		o := &r.ops[i]
		create, _ := o.call.(protocol.Create) // a circle has only creates
		create, later[n] = Defer(create, r.unmade(o))
		if o.err = r.do(ctx, o, create); o.err != nil {
			r.takeBack(ctx, u, i)
			return
		}
		later[n].ID = o.ref.ID
	}
	for n, i := range u.ops {
		o := &r.ops[i]
		if len(later[n].Ops) == 0 {
			continue
		}
		if o.err = r.do(ctx, o, later[n]); o.err != nil {
			r.takeBack(ctx, u, i)
			return
		}
	}
}

// unmade returns the bulkIds that an operation refers to and that are not created yet.
func (r *run) unmade(o *operation) []string {
	return slices.DeleteFunc(slices.Clone(o.refs), func(id string) bool { _, made := r.made(id); return made })
}

// takeBackTimeout bounds the removal of the resources of a failed circle.
const takeBackTimeout = 20 * time.Second

// takeBack removes the resources that a circle has created, also if the request has timed out. The
// operation's error names a resource that cannot be removed.
func (r *run) takeBack(ctx context.Context, u *unit, cause int) {
	r.failOthers(u, cause)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), takeBackTimeout)
	defer cancel()
	for _, i := range u.ops {
		o := &r.ops[i]
		o.version = ""
		if o.ref.ID == "" || o.adopted {
			continue
		}
		_, err := r.runner.Service.Do(ctx, protocol.Delete{Ref: o.ref})
		if err == nil || scim.Status(err) == 404 {
			o.ref.ID = ""
			continue
		}
		e := *scim.AsError(o.err)
		e.Detail += "; " + o.ref.Key() + " was created for it and could not be removed"
		o.err = &e
	}
}
