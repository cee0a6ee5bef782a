package simulate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"keycloak-scim-proxy/adapters/shapes"
)

// Options of a run.
type Options struct {
	// URL is the SCIM base URL, Token its bearer token.
	URL, Token string
	// IDP is one of Names.
	IDP string
	// Users and Groups are how many are created, at least one user. Churn is the number of rounds
	// of membership changes.
	Users, Groups, Churn int
	// RunID makes the names of this run unique.
	RunID string
	// Transport carries the requests; nil is http.DefaultTransport.
	Transport http.RoundTripper
	// Report gets each step, in their order.
	Report func(Step)
}

// ErrFailed reports that a step did not end in the state that the identity provider intends.
var ErrFailed = errors.New("simulate: not every step ended in the intended state; see the lines with FAIL")

type run struct {
	Options
	idp
	*client
	people []person
	groups []object
	in     map[string][]string // group id: member ids
	failed int
}

// need is a condition of a step: why says that it does not hold.
type need struct {
	met bool
	why string
}

// Run sends the requests of an identity provider step by step, reports each step, and removes
// everything that it created. It returns ErrFailed if a step failed, and the error of ctx if that
// ended.
func Run(ctx context.Context, o Options) error {
	provider, ok := idps()[o.IDP]
	if !ok {
		return fmt.Errorf("there is no simulation of %q: --idp must be one of %s", o.IDP, strings.Join(Names(), ", "))
	}
	r := &run{Options: o, idp: provider, client: newClient(o, provider.Agent), in: map[string][]string{}}
	for i := range o.Users {
		n := fmt.Sprintf("%s-%d", o.RunID, i)
		r.people = append(r.people, person{n: i, name: "sim-" + n + "@example.com", external: "ext-" + n, given: "Given", family: "Family", mail: "sim-" + n + "@example.com", department: "Sales", title: "Clerk"})
	}
	defer r.cleanUp(context.WithoutCancel(ctx))
	r.all(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.failed > 0:
		return ErrFailed
	}
	return nil
}

// all runs the steps.
func (r *run) all(ctx context.Context) {
	r.step(ctx, "probe", "an unknown name matches no user, with 200", r.probe)
	r.step(ctx, "create", fmt.Sprintf("%d users, each shown as sent", r.Users), r.createAll)
	users := need{!slices.ContainsFunc(r.people, func(p person) bool { return p.id == "" }), "not every user was created"}
	r.step(ctx, "match", "each user is found by the provider's own filter", r.matchAll, users)
	r.step(ctx, "duplicate", "a second create of the same name is 409", r.duplicate, users)
	r.step(ctx, "update", "changed attributes are shown, the others are as they were", r.updateAll, users)
	wanted := need{r.Groups > 0, "--groups is 0"}
	r.step(ctx, "groups", fmt.Sprintf("%d groups with members", r.Groups), r.makeGroups, users, wanted)
	groups := need{len(r.groups) == r.Groups, "not every group was created"}
	for i := range max(r.Churn, 1) {
		r.step(ctx, "churn", fmt.Sprintf("round %d: members removed and added", i+1), r.churn, users, wanted, groups, need{r.Churn > 0, "--churn is 0"})
	}
	r.step(ctx, "rename", "a group is renamed and keeps its members", r.renameGroup, users, wanted, groups)
	r.step(ctx, "deactivate", "a leaver is inactive and still found", func(ctx context.Context) error { return r.switchAll(ctx, false) }, users)
	r.step(ctx, "reactivate", "a returner is active", func(ctx context.Context) error { return r.switchAll(ctx, true) }, users)
	r.step(ctx, "delete", "a deleted user is 404, twice", r.deleteOne, users, need{r.deletes, r.IDP + " deletes no users"})
}

// step runs a step if its needs are met, and reports it.
func (r *run) step(ctx context.Context, name, means string, do func(context.Context) error, needs ...need) {
	s := Step{Name: name, Means: means, State: OK}
	needs = append(needs, need{ctx.Err() == nil, "interrupted"})
	if i := slices.IndexFunc(needs, func(n need) bool { return !n.met }); i >= 0 {
		s.State, s.Why = Skipped, needs[i].why
	} else if err := do(ctx); err != nil {
		r.failed++
		f, ok := errors.AsType[*Failure](err)
		if !ok {
			f = &Failure{Sent: r.asked, Expected: means, Shown: err.Error()}
		}
		s.State, s.Failure = Failed, f.without(r.Token)
	}
	r.Report(s)
}

// send sends a change and accepts 200 with a body as well as 204.
func (r *run) send(ctx context.Context, path string, q shapes.Request) error {
	_, err := r.want(ctx, q.Method, path, q.Body, http.StatusOK, http.StatusNoContent)
	return err
}

// cleanUp deletes all groups and users of the run. It ignores errors.
func (r *run) cleanUp(ctx context.Context) {
	for _, g := range r.groups {
		if id, ok := g["id"].(string); ok {
			_, _ = r.Do(ctx, http.MethodDelete, "/Groups/"+id, nil)
		}
	}
	for _, p := range r.people {
		if p.id != "" {
			_, _ = r.Do(ctx, http.MethodDelete, "/Users/"+p.id, nil)
		}
	}
}
