package certify

import (
	"context"
	"errors"
	"time"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/certify/probe"
)

// Options of a run.
type Options struct {
	probe.Options
	// Profiles are some of Profiles.
	Profiles []string
	// Begun is the time of the report.
	Begun time.Time
	// Progress is called before each requirement with its number, from 1; nil: not at all.
	Progress func(number, total int, id string)
}

// second is how long a check waits for the next second of the server's clock.
const second = 1100 * time.Millisecond

// Run checks the requirements of some profiles one after the other, and then removes everything
// that it made. If ctx ends, the rest is skipped, and the report says so.
func Run(ctx context.Context, o Options) (r Report) {
	if o.Second == 0 {
		o.Second = second
	}
	s := probe.New(o.Options)
	wanted := Of(o.Profiles)
	r = Report{URL: cleaned(o.URL, ""), At: o.Begun.UTC(), Profiles: o.Profiles, Results: []Result{}, Left: []string{}}
	defer func() { // also if a check panics
		for _, path := range s.CleanUp(ctx) {
			r.Left = append(r.Left, cleaned(path, o.Token))
		}
	}()
	for i, q := range wanted {
		if o.Progress != nil && ctx.Err() == nil {
			o.Progress(i+1, len(wanted), q.ID)
		}
		r.Results = append(r.Results, check(ctx, s, q))
	}
	r.Interrupted = ctx.Err() != nil
	r.OK = !r.Interrupted && r.Counted("").FailMust == 0
	return r
}

// check checks one requirement.
func check(ctx context.Context, s *probe.Session, q probe.Requirement) Result {
	r := Result{ID: q.ID, Profile: q.Profile, Clause: q.Clause, Text: q.Text, Level: q.Level}
	switch {
	case q.Check == nil:
		r.State, r.Why = Unknown, q.Outside
		return r
	case ctx.Err() != nil:
		r.State, r.Why = Skip, "interrupted"
		return r
	}
	err := q.Check(ctx, s)
	var failure *probe.Failure
	var skip probe.Skip
	var unknowable probe.Unknowable
	switch {
	case err == nil:
		r.State = Pass
	case ctx.Err() != nil:
		r.State, r.Why = Skip, "interrupted"
	case errors.As(err, &skip):
		r.State, r.Why = Skip, cleaned(string(skip), s.Token)
	case errors.As(err, &unknowable):
		r.State, r.Why = Unknown, cleaned(string(unknowable), s.Token)
	case errors.As(err, &failure):
		r.State, r.Failure = Fail, safe(*failure, s.Token)
	default:
		r.State, r.Failure = Fail, safe(probe.Failure{Expected: q.Text, Shown: err.Error()}, s.Token)
	}
	return r
}
