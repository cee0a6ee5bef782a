package bulk

import (
	"context"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
	"keycloak-scim-proxy/proxy/turns"
)

// Limits of bulk requests. Body and Depth are the limits of a single request's body; they apply to
// the data of each operation. Payload and Body are in bytes.
type Limits struct {
	// Operations is the largest number of operations of a request, Payload its largest size.
	Operations int
	Payload    int64
	Body       int64
	Depth      int
}

// Runner runs bulk requests of one session. Service and Decode are the session's own, so that an
// operation passes the same checks as a single request.
type Runner struct {
	Service protocol.Service
	Decode  func(protocol.Request) (protocol.Call, []string, error)
	// Prove returns an error if the caller may not write a resource, or, if ref has no id, may not
	// create one of the type. If it is nil, nothing is checked before the first operation.
	Prove func(ctx context.Context, ref scim.Ref) error
	// Workers is how many operations of one request run at the same time.
	Workers int
	// Pool has places for the operations of all bulk requests of a realm, in which its callers take
	// turns under their names; nil means that only Workers is a bound.
	Pool   *turns.Queue
	Caller string
	// Stopping reports whether the program ends, so that no more operations start; nil: never.
	Stopping func() bool
	Limits   Limits
}

// Result is the result of one operation.
type Result struct {
	// Method and BulkID as sent.
	Method, BulkID string
	// Ref is the resource. It has no ID if the resource was not created or the path could not be
	// read.
	Ref     scim.Ref
	Version string
	// Status is set if the operation succeeded.
	Status int
	// Err is set if the operation failed.
	Err error
}

// Outcome is the result of a request.
type Outcome struct {
	// Results are in request order. Operations that did not start because of FailOnErrors have none
	// (RFC 7644 section 3.7.3).
	Results []Result
	// Fired has the names of the dialect's rules that changed something, and Skipped the members
	// that were left out because they do not exist. Both are for the log.
	Fired, Skipped []string
}

// run is a running request. Only the unit of an operation writes it; others read it after the unit
// is done.
type run struct {
	runner  Runner
	request Request
	ops     []operation
	makers  map[string]int // bulkId: index of its POST
	failed  int            // number of failed operations so far
	outcome Outcome
}

// Run carries out a request. It decodes all operations before it starts one. When the context or
// the program ends, running operations finish; operations that did not start get status 503 and had
// no effect. If the caller may write nothing of the request, the whole request fails.
func (r Runner) Run(ctx context.Context, q Request) (Outcome, error) {
	x := &run{runner: r, request: q}
	if x.decode(ctx, q.operations) {
		if err := x.prove(ctx); err != nil {
			return Outcome{}, err
		}
		x.schedule(ctx, x.plan())
	}
	x.collect(x.ends(ctx))
	return x.outcome, nil
}

// ends returns why no more operations start, or "".
func (r *run) ends(ctx context.Context) (why string) {
	switch {
	case ctx.Err() != nil:
		return "the bulk request timed out"
	case r.runner.Stopping != nil && r.runner.Stopping():
		return "the server was stopped"
	}
	return ""
}

// collect makes the results.
func (r *run) collect(ended string) {
	for i := range r.ops {
		o := &r.ops[i]
		if o.state != finished {
			if ended == "" || r.enough() {
				continue
			}
			o.err = scim.Fail(503, "", "%s before this operation started; it had no effect", ended)
		}
		r.outcome.Results = append(r.outcome.Results, o.result())
		r.outcome.Skipped = append(r.outcome.Skipped, o.skipped...)
	}
}

func (o *operation) result() Result {
	out := Result{Method: o.method, BulkID: o.bulkID, Ref: o.ref, Version: o.version, Err: o.err}
	if _, unbound := Reference(out.Ref.ID); unbound {
		out.Ref.ID = ""
	}
	switch {
	case o.err != nil:
	case o.method == post:
		out.Status = 201
	case o.method == remove:
		out.Status = 204
	default:
		out.Status = 200
	}
	return out
}
