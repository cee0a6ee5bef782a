package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// Options of a run.
type Options struct {
	// URL is the SCIM base, Token its bearer token.
	URL, Token string
	// IDP names the conversation.
	IDP string
	// Users and Groups are how many are made; Churn is how many rounds of updates and membership changes follow.
	Users, Groups, Churn int
	// Mark makes the names of this run its own.
	Mark string
	// Out gets a line per step.
	Out io.Writer
}

// ErrFailed says that a step did not end in the state that the identity provider meant.
var ErrFailed = errors.New("simulate: not every step ended in the intended state")

type run struct {
	Options
	idp
	client
	people []person
	groups []object
	in     map[string][]string // group id: member ids
	failed int
}

// Run plays the conversation, prints a verdict per step, and removes what it made.
func Run(ctx context.Context, o Options) error {
	how, ok := idps()[o.IDP]
	if !ok {
		return fmt.Errorf("there is no conversation of %q", o.IDP)
	}
	r := &run{Options: o, idp: how, client: newClient(o.URL, o.Token, how.agent), in: map[string][]string{}}
	for i := range o.Users {
		n := fmt.Sprintf("%s-%d", o.Mark, i)
		r.people = append(r.people, person{n: i, name: "sim-" + n + "@example.com", external: "ext-" + n, given: "Given", family: "Family", mail: "sim-" + n + "@example.com", department: "Sales", title: "Clerk"})
	}
	defer r.cleanUp(context.WithoutCancel(ctx))
	r.step(ctx, "probe", "an unknown name finds nobody, with 200", r.probe)
	r.step(ctx, "create", fmt.Sprintf("%d users, each shown as sent", o.Users), r.createAll)
	if slices.ContainsFunc(r.people, func(p person) bool { return p.id == "" }) {
		return ErrFailed // nothing to go on with
	}
	r.step(ctx, "match", "each user is found by the provider's own filter", r.matchAll)
	r.step(ctx, "duplicate", "a second create of the same name is 409", r.duplicate)
	r.step(ctx, "update", "changed attributes are shown, the others are as they were", r.updateAll)
	r.step(ctx, "groups", fmt.Sprintf("%d groups with members", o.Groups), r.makeGroups)
	for i := range o.Churn {
		r.step(ctx, "churn", fmt.Sprintf("round %d: members removed and added", i+1), r.churn)
	}
	r.step(ctx, "rename", "a group is renamed and keeps its members", r.renameGroup)
	r.step(ctx, "deactivate", "a leaver is inactive and still found", func(ctx context.Context) error { return r.switchAll(ctx, false) })
	r.step(ctx, "reactivate", "a returner is active", func(ctx context.Context) error { return r.switchAll(ctx, true) })
	if r.deletes {
		r.step(ctx, "delete", "a deleted user is 404, twice", r.deleteOne)
	}
	if r.failed > 0 {
		return ErrFailed
	}
	return nil
}

func (r *run) step(ctx context.Context, name, means string, do func(context.Context) error) {
	if err := do(ctx); err != nil {
		r.failed++
		fmt.Fprintf(r.Out, "FAIL  %-10s  %s\n        %v\n", name, means, err)
		return
	}
	fmt.Fprintf(r.Out, "ok    %-10s  %s\n", name, means)
}

func (r *run) probe(ctx context.Context) error {
	found, err := r.find(ctx, "/Users", r.idp.match(person{name: "8f3c2f7e-5d0b-4f0e-9d53-" + r.Mark}))
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("somebody was found")
	}
	return err
}

func (r *run) createAll(ctx context.Context) error {
	var wrong error
	for i := range r.people {
		p := &r.people[i]
		made, err := r.want(ctx, http.MethodPost, "/Users", r.idp.create(*p), http.StatusCreated)
		if err != nil {
			return err
		}
		if p.id, _ = made["id"].(string); p.id == "" {
			return errors.New("the answer has no id")
		}
		if err := r.check(ctx, *p, true); err != nil {
			wrong = err // the others are made all the same: there is more to see
		}
	}
	return wrong
}

// check compares what GET shows with what the provider means.
func (r *run) check(ctx context.Context, p person, active bool) error {
	u, err := r.want(ctx, http.MethodGet, "/Users/"+p.id, nil, http.StatusOK)
	if err != nil {
		return err
	}
	mails, _ := u["emails"].([]any)
	wrong := map[string]bool{
		"userName":        !same(u["userName"], p.name),
		"active":          u["active"] != active,
		"name.familyName": at(u, "name", "familyName") != p.family,
		"name.givenName":  at(u, "name", "givenName") != p.given,
		"emails":          len(mails) != 1 || !same(at(mails[0], "value"), p.mail),
	}
	if r.keeps {
		wrong["externalId"] = u["externalId"] != p.external
		wrong["title"] = u["title"] != p.title
		wrong["department"] = at(u, enterprise, "department") != p.department
	}
	for name, is := range wrong {
		if is {
			return fmt.Errorf("%s of %s is not what was sent: %v", name, p.name, u)
		}
	}
	return nil
}

func (r *run) matchAll(ctx context.Context) error {
	for _, p := range r.people {
		found, err := r.find(ctx, "/Users", r.idp.match(p))
		if err != nil {
			return err
		}
		if len(found) != 1 || found[0]["id"] != p.id {
			return fmt.Errorf("%s: %d found", p.name, len(found))
		}
	}
	return nil
}

func (r *run) duplicate(ctx context.Context) error {
	_, err := r.want(ctx, http.MethodPost, "/Users", r.idp.create(r.people[0]), http.StatusConflict)
	return err
}

// send sends a change as the provider does; some want a body, some take 204.
func (r *run) send(ctx context.Context, path string, q request) error {
	_, err := r.want(ctx, q.method, path, q.body, http.StatusOK, http.StatusNoContent)
	return err
}

func (r *run) updateAll(ctx context.Context) error {
	for i := range r.people {
		p := &r.people[i]
		was, err := r.want(ctx, http.MethodGet, "/Users/"+p.id, nil, http.StatusOK)
		if err != nil {
			return err
		}
		p.family, p.title, p.department = "Changed", "Manager", "R&D"
		if err := r.send(ctx, "/Users/"+p.id, r.idp.update(*p, was)); err != nil {
			return err
		}
		if err := r.check(ctx, *p, true); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) switchAll(ctx context.Context, on bool) error {
	for _, p := range r.people {
		was, err := r.want(ctx, http.MethodGet, "/Users/"+p.id, nil, http.StatusOK)
		if err != nil {
			return err
		}
		if err := r.send(ctx, "/Users/"+p.id, r.idp.active(p, on, was)); err != nil {
			return err
		}
		if err := r.check(ctx, p, on); err != nil {
			return err
		}
	}
	return r.matchAll(ctx)
}

func (r *run) ids() []string {
	var out []string
	for _, p := range r.people {
		out = append(out, p.id)
	}
	return out
}

func (r *run) makeGroups(ctx context.Context) error {
	for i := range r.Groups {
		name := fmt.Sprintf("sim-%s-group-%d", r.Mark, i)
		g, err := r.want(ctx, http.MethodPost, "/Groups", object{"schemas": []string{coreGroup}, "displayName": name}, http.StatusCreated)
		if err != nil {
			return err
		}
		r.groups = append(r.groups, g)
		if err := r.change(ctx, g, r.idp.add, r.ids(), r.ids()); err != nil {
			return err
		}
	}
	return nil
}

// change sends a change of members and checks who they are.
func (r *run) change(ctx context.Context, g object, how func(object, []string, []string) request, changed, all []string) error {
	id, _ := g["id"].(string)
	if err := r.send(ctx, "/Groups/"+id, how(g, changed, all)); err != nil {
		return err
	}
	r.in[id] = all
	return r.members(ctx, id)
}

func (r *run) members(ctx context.Context, id string) error {
	g, err := r.want(ctx, http.MethodGet, "/Groups/"+id+"?attributes=displayName,members", nil, http.StatusOK)
	if err != nil {
		return err
	}
	var got []string
	list, _ := g["members"].([]any)
	for _, m := range list {
		if v, ok := at(m, "value").(string); ok {
			got = append(got, v)
		}
	}
	want := slices.Sorted(slices.Values(r.in[id]))
	if slices.Sort(got); !slices.Equal(got, want) {
		return fmt.Errorf("group %s has %d members, want %d", id, len(got), len(want))
	}
	return nil
}

func (r *run) churn(ctx context.Context) error {
	all := r.ids()
	half := all[:(len(all)+1)/2]
	for _, g := range r.groups {
		if err := r.change(ctx, g, r.idp.remove, half, all[len(half):]); err != nil {
			return fmt.Errorf("removing %d: %w", len(half), err)
		}
		if err := r.change(ctx, g, r.idp.add, half, all); err != nil {
			return fmt.Errorf("adding %d: %w", len(half), err)
		}
	}
	return nil
}

func (r *run) renameGroup(ctx context.Context) error {
	for _, g := range r.groups {
		id, _ := g["id"].(string)
		name := fmt.Sprintf("sim-%s-renamed-%s", r.Mark, id[:8])
		if err := r.send(ctx, "/Groups/"+id, r.idp.rename(g, name, r.in[id])); err != nil {
			return err
		}
		shown, err := r.want(ctx, http.MethodGet, "/Groups/"+id, nil, http.StatusOK)
		if err != nil {
			return err
		}
		if shown["displayName"] != name {
			return fmt.Errorf("the group is still called %v", shown["displayName"])
		}
		if err := r.members(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) deleteOne(ctx context.Context) error {
	path := "/Users/" + r.people[0].id
	if _, err := r.want(ctx, http.MethodDelete, path, nil, http.StatusNoContent); err != nil {
		return err
	}
	if _, err := r.want(ctx, http.MethodGet, path, nil, http.StatusNotFound); err != nil {
		return err
	}
	_, err := r.want(ctx, http.MethodDelete, path, nil, http.StatusNotFound)
	return err
}

// cleanUp removes everything, whatever was checked before.
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
