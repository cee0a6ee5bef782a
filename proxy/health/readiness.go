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
// tenant.
func (r *Readiness) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.Stopping != nil && r.Stopping() {
		http.Error(w, "the program is stopping", http.StatusServiceUnavailable)
		return
	}
	ctx, cancel := context.WithTimeout(req.Context(), readyTimeout)
	defer cancel()
	stamp, _, err := r.engine.Stamp(ctx)
	if err == nil {
		err = r.probe(ctx)
	}
	if err == nil {
		comparing, done := context.WithTimeout(ctx, readyTimeout/2) // a slow Keycloak does not make the store unready
		err = r.matches(comparing)
		done()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	r.answer(ctx, w, req.URL.Query().Get("tenant"), stamp)
}

func (r *Readiness) answer(ctx context.Context, w http.ResponseWriter, name, stamp string) {
	var text strings.Builder
	fmt.Fprintf(&text, "store stamp %s\n", stamp)
	all, works, found := r.tenants(), 0, false
	for _, s := range all {
		if s.Works() {
			works++
		}
		found = found || s.Name == name
		if name == "" && !s.Works() || s.Name == name {
			text.WriteString(s.lines())
		}
		if s.Name == name && !s.Works() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	switch {
	case name != "" && !found:
		http.Error(w, "there is no such tenant", http.StatusNotFound)
		return
	case name == "" && len(all) > 0:
		fmt.Fprintf(&text, "%d of %d tenants work\n", works, len(all))
	}
	if name == "" && r.Notes != nil {
		for _, line := range r.Notes(ctx) {
			text.WriteString(line + "\n")
		}
	}
	_, _ = io.WriteString(w, text.String())
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
// does not end a probe, because other callers may wait for it.
func (r *Readiness) probe(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return store.Unavailable(ctx, "probe", ctx.Err())
	}
	if r.at.IsZero() || r.now().Sub(r.at) >= probeAge {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		r.err = r.engine.Probe(ctx)
		r.at = r.now()
	}
	return r.err
}
