package drift

import (
	"context"
	"net/http"
	"slices"

	"keycloak-scim-proxy/proxy/operating"
	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// Reapplied is what was done about a row.
type Reapplied struct {
	Row
	Done   bool   `json:"done"`
	Reason string `json:"reason,omitempty"` // why it was not done
}

// Reapply makes the last intent so, for each row of a report that can be. Values that have changed
// since the report stay.
func Reapply(ctx context.Context, place operating.Place, r Report, o Options) (done []Reapplied, request string, err error) {
	calls, request := place.Request("reapply", "")
	f := &finding{Options: o, place: place, can: place.Directory.Capabilities()}
	done = []Reapplied{}
	for len(r.Rows) > 0 {
		n := 1
		for n < len(r.Rows) && r.Rows[n].ID == r.Rows[0].ID {
			n++
		}
		some := r.Rows[:n]
		r.Rows = r.Rows[n:]
		if err := o.held(ctx); err != nil {
			return done, request, err
		}
		some, not, err := f.still(ctx, some)
		if err != nil {
			return done, request, err
		}
		done = append(done, not...)
		if len(some) == 0 {
			continue
		}
		one, err := reapply(ctx, calls, some)
		if err != nil {
			return done, request, err
		}
		done = append(done, one...)
	}
	return done, request, nil
}

// still looks at a resource again, and returns the rows that a walk would still find, and the
// others. A provider may have changed what it wants, also of members, which no value guards.
func (f *finding) still(ctx context.Context, rows []Row) (same []Row, not []Reapplied, err error) {
	done := func(r Row) bool { return r.Kind == Changed || r.Kind == Joined || r.Kind == Left }
	if !slices.ContainsFunc(rows, done) {
		return rows, nil, nil
	}
	now, decided, err := f.once(ctx, scim.Ref{Type: rows[0].Type, ID: rows[0].ID})
	if err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		switch {
		case !done(r):
			same = append(same, r)
		case !decided:
			not = append(not, Reapplied{Row: r, Reason: "the outcome of a write is not known yet"})
		case !slices.Contains(now, r):
			not = append(not, Reapplied{Row: r, Reason: meanwhile})
		default:
			same = append(same, r)
		}
	}
	return same, not, nil
}

const meanwhile = "it was changed meanwhile"

// reapply does one resource.
func reapply(ctx context.Context, calls protocol.Service, rows []Row) (out []Reapplied, err error) {
	c := protocol.Restore{Ref: scim.Ref{Type: rows[0].Type, ID: rows[0].ID}}
	for _, r := range rows {
		switch r.Kind {
		case Changed:
			c.Values = append(c.Values, protocol.Value{Path: r.at, From: r.Shown, To: r.Intended})
		case Left:
			c.Members.Add = append(c.Members.Add, r.User)
		case Joined:
			c.Members.Remove = append(c.Members.Remove, r.User)
		case Gone, Back, New:
		}
	}
	var a protocol.Answer
	if len(c.Values) > 0 || !c.Members.Empty() {
		a, err = calls.Do(ctx, c)
	}
	if scim.Status(err) >= http.StatusInternalServerError {
		return nil, err
	}
	left := map[string]bool{}
	for _, at := range a.Left {
		left[at.String()] = true
	}
	for _, r := range rows {
		one := Reapplied{Row: r}
		switch {
		case r.Kind == Gone:
			one.Reason = "it was deleted in Keycloak and cannot come back with its id"
		case r.Kind == Back:
			one.Reason = "it exists again: delete it if it should not"
		case r.Kind == New:
			one.Reason = "it was created in Keycloak"
		case err != nil:
			one.Reason = scim.AsError(err).Detail
		case left[r.Attribute]:
			one.Reason = meanwhile
		default:
			one.Done = true
		}
		out = append(out, one)
	}
	return out, nil
}
