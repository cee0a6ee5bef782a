package bulk

import (
	"context"

	"golang.org/x/sync/semaphore"

	"keycloak-scim-proxy/proxy/protocol"
	"keycloak-scim-proxy/proxy/scim"
)

// Limits of bulk requests. Body and Depth are those of a single request's body; each operation's data is held to them.
type Limits struct {
	// Operations is how many a request may have, Payload its largest size in bytes.
	Operations int
	Payload    int64
	Body       int64
	Depth      int
}

// Pool bounds how many operations of all bulk requests of a tenant run at the same time. It is safe for concurrent use.
type Pool struct{ slots *semaphore.Weighted }

// NewPool makes a pool for n operations.
func NewPool(n int) *Pool { return &Pool{semaphore.NewWeighted(int64(n))} }

// Runner is a value, made per session: service and decoder are the session's own, so that there is no second way in.
type Runner struct {
	Service protocol.Service
	Decode  func(protocol.Request) (protocol.Call, []string, error)
	// Prove asks whether the caller may write a resource, or create one of the type if the ref has no id.
	Prove func(ctx context.Context, ref scim.Ref) error
	// Workers is how many operations of one request run at the same time.
	Workers int
	// Pool is shared by the requests of a tenant; nil: no bound but Workers.
	Pool   *Pool
	Limits Limits
}

// Result of one operation.
type Result struct {
	// Method and BulkID as sent.
	Method, BulkID string
	// Ref is the resource; without an ID where none was made or the path could not be read.
	Ref     scim.Ref
	Version string
	// Status of an operation that succeeded.
	Status int
	// Err is why it failed.
	Err error
}

// Outcome of a request.
type Outcome struct {
	// Results in request order. Operations that were not begun because of FailOnErrors are left out (RFC 7644 section 3.7.3).
	Results []Result
	// Fired are the names of the dialect's rules that fired, Skipped members that do not exist and were left out; for the log.
	Fired, Skipped []string
}

// run is one request on its way. Operations are written by the unit that they are in only, and read by others after it is done.
type run struct {
	runner  Runner
	request Request
	ops     []operation
	makers  map[string]int // bulkId: index of its POST
	failed  int            // operations so far
	outcome Outcome
}

// Run carries a request out: everything is decoded before anything is done. When the context ends, what is under way is finished and what was
// not begun is told so with status 503: nothing of it was done. A request of a caller who may write nothing of it fails as a whole.
func (r Runner) Run(ctx context.Context, q Request) (Outcome, error) {
	x := &run{runner: r, request: q}
	if x.decode(ctx, q.operations) {
		if err := x.prove(ctx); err != nil {
			return Outcome{}, err
		}
		x.schedule(ctx, x.plan())
	}
	x.collect(ctx.Err() != nil)
	return x.outcome, nil
}

// provenChanges is how many changes of one type are asked for: a caller may be allowed to change some resources only.
const provenChanges = 3

// prove asks for one create and a few changes of each type whether the caller may do them. If all of them are refused, so is the request: each operation would be refused at the price of a call. Whoever may do one kind gets an answer for each operation.
func (r *run) prove(ctx context.Context) error {
	if r.runner.Prove == nil {
		return nil
	}
	var refused error
	asked := map[scim.Ref]int{}
	for i := range r.ops {
		o := &r.ops[i]
		kind := scim.Ref{Type: o.ref.Type}
		if _, creates := o.call.(protocol.Create); !creates {
			kind.ID = "any"
		}
		most := provenChanges
		if kind.ID == "" {
			most = 1
		}
		if _, unbound := Reference(o.ref.ID); o.err != nil || unbound || asked[kind] >= most {
			continue
		}
		asked[kind]++
		err := r.runner.Prove(ctx, o.ref)
		if scim.Status(err) == 404 { // says nothing about the caller: ask for the type instead
			err = r.runner.Prove(ctx, scim.Ref{Type: o.ref.Type})
		}
		if status := scim.Status(err); err == nil || status != 401 && status != 403 {
			return nil
		}
		refused = err
	}
	return refused
}

// collect makes the results.
func (r *run) collect(outOfTime bool) {
	for i := range r.ops {
		o := &r.ops[i]
		if o.state != finished {
			if !outOfTime || r.enough() {
				continue
			}
			o.err = scim.Fail(503, "", "the bulk request ran out of time before this operation was begun; nothing of it was done")
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
