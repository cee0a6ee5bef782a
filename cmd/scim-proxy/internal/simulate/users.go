package simulate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

func (r *run) probe(ctx context.Context) error {
	found, err := r.find(ctx, "/Users", r.idp.match(person{name: "8f3c2f7e-5d0b-4f0e-9d53-" + r.RunID}))
	if err == nil && len(found) > 0 {
		err = errors.New("the filter matched a user that does not exist")
	}
	return err
}

func (r *run) createAll(ctx context.Context) error {
	var wrong error
	for i := range r.people {
		p := &r.people[i]
		made, err := r.want(ctx, http.MethodPost, "/Users", r.Create(r.user(*p)), http.StatusCreated)
		if err != nil {
			return err
		}
		if p.id, _ = made["id"].(string); p.id == "" {
			return errors.New("the answer has no id")
		}
		if err := r.check(ctx, *p, true); err != nil {
			wrong = err // later steps need the other users
		}
	}
	return wrong
}

// check compares the user that GET shows with the one in the provider.
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
			return fmt.Errorf("the filter for %s matched %d users, want the one with id %s", p.name, len(found), p.id)
		}
	}
	return nil
}

func (r *run) duplicate(ctx context.Context) error {
	_, err := r.want(ctx, http.MethodPost, "/Users", r.Create(r.user(r.people[0])), http.StatusConflict)
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
		if err := r.send(ctx, "/Users/"+p.id, r.update(*p, was)); err != nil {
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
		if err := r.send(ctx, "/Users/"+p.id, request(r.Active(on, r.user(p), was))); err != nil {
			return err
		}
		if err := r.check(ctx, p, on); err != nil {
			return err
		}
	}
	return r.matchAll(ctx)
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

func (r *run) ids() []string {
	var out []string
	for _, p := range r.people {
		out = append(out, p.id)
	}
	return out
}
