package canary

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"keycloak-scim-proxy/proxy/clientip"
	"keycloak-scim-proxy/proxy/policy/staged"
)

// Request is the body of a request for a canary.
type Request struct {
	// By names who asks, for the proof.
	By string `json:"by"`
	// Values are values to write instead of made ones, by the path of an attribute.
	Values map[string]string `json:"values,omitempty"`
	// Accept lets required attributes live elsewhere than the proof that there is says. Otherwise
	// that is red.
	Accept bool `json:"accept,omitempty"`
	// Trial lets a staged tenant stay staged: only the proof of a live one is recorded.
	Trial bool `json:"trial,omitempty"`
}

// Handler is the handler of /tenants/{tenant}/canary. It belongs on the admin
// listener: whoever reaches it can let a canary run, and make a tenant live whose canary is green.
type Handler struct {
	// Of returns a tenant by its name.
	Of func(name string) (Tenant, bool)
	// NewID makes the id of a canary.
	NewID func() string
	Now   func() time.Time
	// Done receives every report.
	Done func(Report, Request)
}

// maxRequest bounds the body of a request, maxTime the time of a canary.
const (
	maxRequest = 64 << 10
	maxTime    = time.Minute
)

// ServeHTTP runs a canary (POST) and answers 200 with its Report, green or red; or withdraws the
// proof (DELETE) and answers 204. Requests of web pages are 403: a page that an operator visits
// must not use the operator's access to the listener.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t, known := h.Of(r.PathValue("tenant"))
	var asked Request
	switch {
	case clientip.OfPage(r):
		http.Error(w, "not for web pages", http.StatusForbidden)
		return
	case r.Method != http.MethodPost && r.Method != http.MethodDelete:
		http.Error(w, "POST or DELETE", http.StatusMethodNotAllowed)
		return
	case !known:
		http.Error(w, "there is no such tenant", http.StatusNotFound)
		return
	case r.Method == http.MethodDelete:
		if err := t.Gate.Withdraw(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err == nil {
		err = json.Unmarshal(body, &asked)
	}
	if err != nil {
		http.Error(w, "the body must be a JSON object such as {\"by\": \"ada\"}: "+err.Error(), http.StatusBadRequest)
		return
	}
	report := h.Run(r.Context(), t, asked, r.RemoteAddr)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(report) // it fails only if the connection is lost
}

// Run runs a canary of a tenant, and records the proof if it is green. from is the address of who
// asks.
func (h Handler) Run(ctx context.Context, t Tenant, asked Request, from string) Report {
	ctx, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	report := h.run(ctx, t, asked, from)
	h.Done(report, asked)
	return report
}

func (h Handler) run(ctx context.Context, t Tenant, asked Request, from string) Report {
	given := map[string]string{}
	for name, value := range asked.Values { // a short name, as in the tenant's file
		for _, p := range staged.Resolve(t.Schemas, []string{name}) {
			given[p.String()] = value
		}
	}
	before := t.Gate.State(ctx).Proof
	r := newRun(t, strings.ToLower(h.NewID()), given, h.Now())
	for i, p := range r.probes {
		r.probes[i].fixed = p.fixed || slices.ContainsFunc(leaves(p.users[0]), func(l leaf) bool { _, ok := given[l.path.String()]; return ok })
	}
	if before != nil && !asked.Accept {
		r.before = before.Places
	}
	r.all(ctx)
	if r.report.Green {
		proof, save := staged.Proof{By: asked.By, From: from, Places: r.places}, t.Gate.Prove
		if asked.Trial {
			save = t.Gate.Renew
		}
		proof.Observations, _ = json.Marshal(r.report) // it has texts and times
		proof, err := save(ctx, proof)
		if !errors.Is(err, staged.ErrStays) {
			r.step("record", "the proof is in the store", err)
			r.report.Since = proof.Since
			r.report.conclude()
		}
	}
	r.report.Live = t.Gate.State(ctx).Live
	return *r.report
}
