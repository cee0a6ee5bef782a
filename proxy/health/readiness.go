package health

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/store"
	"keycloak-scim-proxy/proxy/store/guard"
)

const (
	// probeAge is how long the outcome of a probe is answered: each one writes to the store.
	probeAge = 5 * time.Second
	// readyTimeout bounds an answer of /readyz.
	readyTimeout = 2 * time.Second
)

// Readiness says whether the store is the right one and takes a write, and which tenants do not
// work. Callers that ask at the same time share the probe.
type Readiness struct {
	// Notes are further lines of the answer for all tenants, which do not change its status. Nil:
	// none.
	Notes func(context.Context) []string
	// Details are further lines of the answer with ?verbose. Nil: none.
	Details func() []string
	// Result receives each answer for all tenants: whether the process is ready. Nil: it is not
	// received.
	Result func(ready bool)
	// Stopping reports whether the program ends. Nil: never.
	Stopping func() bool

	engine *guard.Engine
	// matches reports an error if the store is not the one that Keycloak names.
	matches func(context.Context) error
	tenants func() []Status
	now     func() time.Time
	turn    chan struct{} // held during a probe; guards at and err
	at      time.Time     // zero before the first probe
	err     error
}

// NewReadiness makes the handler of /readyz. It asks nothing before it is asked.
func NewReadiness(e *guard.Engine, matches func(context.Context) error, tenants func() []Status, now func() time.Time) *Readiness {
	return &Readiness{engine: e, matches: matches, tenants: tenants, now: now, turn: make(chan struct{}, 1)}
}

// ServeHTTP answers 200 with the stamp of the store, or 503 with the reason. A tenant that does not
// work is named and does not change the status: the other tenants would lose a process that serves
// them, and no other process serves this tenant better. With ?tenant=NAME the status is that of the
// tenant. With ?verbose the answer has all tenants, and the observations that their states rest on.
func (r *Readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.Stopping != nil && r.Stopping() {
		if r.Result != nil {
			r.Result(false)
		}
		http.Error(w, "the program is stopping", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(req.Context(), readyTimeout)
	defer cancel()
	q := req.URL.Query()
	v := view{tenant: q.Get("tenant"), verbose: q.Has("verbose")}
	v.stamp, _, v.wrong = r.engine.Stamp(ctx)
	if v.wrong == nil {
		v.wrote, v.wrong = r.probe(ctx)
	}
	if v.wrong == nil {
		comparing, done := context.WithTimeout(ctx, readyTimeout/2) // a slow Keycloak does not make the store unready
		v.wrong = r.matches(comparing)
		done()
	}
	if r.Result != nil {
		r.Result(v.wrong == nil)
	}
	if v.wrong != nil && !v.verbose {
		http.Error(w, v.wrong.Error(), http.StatusServiceUnavailable)
		return
	}
	status, text := r.answer(ctx, v)
	if status != http.StatusOK {
		w.WriteHeader(status)
	}
	_, _ = io.WriteString(w, text)
}

// view is what a caller of /readyz wants to see, and what was found of the store.
type view struct {
	tenant  string // "": all
	verbose bool
	stamp   string
	wrote   time.Time // when the store last took a write
	wrong   error     // why the process is not ready
}

// first has the lines about the process.
func (r *Readiness) first(v view) string {
	text := fmt.Sprintf("store stamp %s\n", v.stamp)
	if v.wrong != nil {
		text = v.wrong.Error() + "\n"
	}
	if v.verbose && !v.wrote.IsZero() {
		text += fmt.Sprintf("store: took a write at %s\n", v.wrote.UTC().Format(time.RFC3339))
	}
	if v.verbose && r.Details != nil {
		text += strings.Join(append(r.Details(), ""), "\n")
	}
	return text
}

func (r *Readiness) answer(ctx context.Context, v view) (status int, text string) {
	status = http.StatusOK
	var tenants strings.Builder
	if v.wrong != nil {
		status = http.StatusServiceUnavailable
	}
	all, works, found := r.tenants(), 0, v.tenant == ""
	for _, s := range all {
		if s.Works() {
			works++
		}
		named := s.Name == v.tenant
		found = found || named
		if named || v.tenant == "" && (v.verbose || !s.Works()) {
			tenants.WriteString(s.lines())
			if v.verbose {
				tenants.WriteString(s.observations())
			}
		}
		if named && !s.Works() {
			status = http.StatusServiceUnavailable
		}
	}
	text = r.first(v) + tenants.String()
	switch {
	case !found:
		return http.StatusNotFound, "there is no such tenant\n"
	case v.tenant != "":
		return status, text
	case len(all) > 0:
		text += fmt.Sprintf("%d of %d tenants work\n", works, len(all))
	}
	if r.Notes != nil {
		text += strings.Join(append(r.Notes(ctx), ""), "\n")
	}
	return status, text
}

// lines describe a tenant, one line for each fault.
func (s Status) lines() (text string) {
	begin := fmt.Sprintf("tenant %s (realm %s): ", s.Name, s.Realm)
	for _, f := range s.Faults {
		text += begin + f.Error() + "\n"
	}
	switch {
	case text != "":
	case !s.Asked:
		text = begin + "not asked yet\n"
	case s.Open != nil:
		text = begin + s.Open.Error() + "\n"
	default:
		text = begin + "works\n"
	}
	return text
}

// probe probes the store if the last result is older than probeAge. The end of a caller's context
// does not end a probe, because other callers may wait for it. It returns when the store was last
// probed.
func (r *Readiness) probe(ctx context.Context) (time.Time, error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return time.Time{}, store.Unavailable(ctx, "probe", ctx.Err())
	}
	if r.at.IsZero() || r.now().Sub(r.at) >= probeAge {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		r.err = r.engine.Probe(ctx)
		r.at = r.now()
	}
	return r.at, r.err
}
