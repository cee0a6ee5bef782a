package undo

import (
	"context"
	"net/http"
	"slices"

	"keycloak-scim-proxy/proxy/directory"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// Result is what an undo has done.
type Result struct {
	// Done are the rows of the plan that were carried out, Left those that were not, with the
	// reason.
	Done []Row `json:"done"`
	Left []Row `json:"left"`
}

// Do carries out a plan by calls of a service, and calls report after each resource, which may be
// nil. Values that have changed since the plan was made are left alone. An error ends it: the same
// undo, planned again, goes on.
func Do(ctx context.Context, p Planned, calls protocol.Service, report func(done, left []Row)) (Result, error) {
	d := &doing{calls: calls, report: report, result: Result{Done: []Row{}, Left: []Row{}}, away: map[string]bool{}}
	for _, t := range []scim.ResourceType{scim.User, scim.Group} {
		var some []*step
		for _, action := range []Action{Delete, Revive, Change} {
			for _, st := range p.steps {
				if st.ref.Type == t && st.action == action {
					some = append(some, st)
				}
			}
		}
		if err := d.all(ctx, some); err != nil {
			return d.result, err
		}
	}
	return d.result, nil
}

type doing struct {
	calls  protocol.Service
	report func(done, left []Row)
	result Result
	away   map[string]bool // users that do not exist after their step
}

// all carries out steps. One that is refused because another resource has its name is tried again
// after the others.
func (d *doing) all(ctx context.Context, steps []*step) error {
	for progress := true; len(steps) > 0; {
		var again []*step
		for _, st := range steps {
			left, err := d.step(ctx, st)
			status := scim.Status(err)
			switch {
			case status == http.StatusConflict && progress:
				again = append(again, st)
				continue
			case status >= http.StatusInternalServerError || ctx.Err() != nil:
				return err
			}
			d.ended(st, left, err)
		}
		progress = len(again) < len(steps)
		steps = again
	}
	return nil
}

// ended reports the outcome of a step.
func (d *doing) ended(st *step, left []scim.AttrPath, err error) {
	var done, not []Row
	for _, row := range st.rows {
		switch {
		case err != nil:
			row.Action, row.Reason = Leave, scim.AsError(err).Detail
			not = append(not, row)
		case slices.ContainsFunc(left, func(at scim.AttrPath) bool { return at.String() == row.Attribute }):
			row.Action, row.Reason = Leave, changed
			not = append(not, row)
		case row.Action == Add && d.away[row.Now]:
			row.Action, row.Reason = Leave, "the user does not exist"
			not = append(not, row)
		default:
			done = append(done, row)
		}
	}
	if st.ref.Type == scim.User && (st.action == Delete && err == nil || st.action == Revive && err != nil) {
		d.away[st.ref.ID] = true
	}
	d.result.Done, d.result.Left = append(d.result.Done, done...), append(d.result.Left, not...)
	if d.report != nil {
		d.report(done, not)
	}
}

func (d *doing) step(ctx context.Context, st *step) (left []scim.AttrPath, err error) {
	if st.action == Delete {
		return nil, d.remove(ctx, st)
	}
	c := protocol.Restore{Ref: st.ref, Values: st.values, Members: st.members, Revive: st.action == Revive}
	away := func(id string) bool { return d.away[id] }
	c.Members.Add = slices.DeleteFunc(slices.Clone(c.Members.Add), away)
	c.Members.Remove = slices.DeleteFunc(slices.Clone(c.Members.Remove), away)
	a, err := d.calls.Do(ctx, c)
	return a.Left, err
}

// remove deletes a resource that has not changed since the plan was made.
func (d *doing) remove(ctx context.Context, st *step) error {
	a, err := d.calls.Do(ctx, protocol.Read{Ref: st.ref})
	if err != nil {
		return err
	}
	refers := "groups"
	if st.ref.Type == scim.Group {
		refers = membersName
	}
	more := slices.ContainsFunc(directory.References(a.Resource.Raw(refers)), func(id string) bool { return !slices.Contains(st.references, id) })
	if more || len(scim.Diff(st.now, a.Resource.Without(membersName))) > 0 {
		return scim.Precondition()
	}
	_, err = d.calls.Do(ctx, protocol.Delete{Ref: st.ref, IfMatch: a.Version})
	return err
}
