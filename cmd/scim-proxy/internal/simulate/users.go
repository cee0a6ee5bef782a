package simulate

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"keycloak-scim-proxy/cmd/scim-proxy/internal/scimclient"
)

func (r *run) probe(ctx context.Context) error {
	found, err := r.find(ctx, "/Users", r.idp.match(person{name: "8f3c2f7e-5d0b-4f0e-9d53-" + r.RunID}))
	if err == nil && len(found) > 0 {
		err = r.differs("no user", scimclient.Text(found))
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
			return r.differs("an id", scimclient.Text(made))
		}
		if err := r.check(ctx, *p, true); err != nil {
			wrong = cmp.Or(wrong, err) // later steps need the other users
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
	compared := []compared{
		{"userName", p.name, u["userName"], same(u["userName"], p.name)},
		{"active", active, u["active"], u["active"] == active},
		{"name.givenName", p.given, at(u, "name", "givenName"), at(u, "name", "givenName") == p.given},
		{"name.familyName", p.family, at(u, "name", "familyName"), at(u, "name", "familyName") == p.family},
		{"emails", p.mail, u["emails"], len(mails) == 1 && same(at(mails[0], "value"), p.mail)},
	}
	if r.keeps {
		compared = append(compared, equal("externalId", p.external, u["externalId"]), equal("title", p.title, u["title"]),
			equal("department", p.department, at(u, enterprise, "department")))
	}
	var expected, shown []string
	for _, c := range compared {
		if !c.same {
			expected, shown = append(expected, c.name+" "+scimclient.Text(c.want)), append(shown, c.name+" "+scimclient.Text(c.got))
		}
	}
	if len(expected) > 0 {
		return r.lost(strings.Join(expected, ", "), strings.Join(shown, ", "))
	}
	return nil
}

// compared is an attribute as it should be and as it is shown.
type compared struct {
	name      string
	want, got any
	same      bool
}

func equal(name, want string, got any) compared { return compared{name, want, got, got == want} }

func (r *run) matchAll(ctx context.Context) error {
	for _, p := range r.people {
		found, err := r.find(ctx, "/Users", r.idp.match(p))
		if err != nil {
			return err
		}
		if len(found) != 1 || found[0]["id"] != p.id {
			return r.differs("one user, with the id "+p.id, fmt.Sprintf("%d users: %s", len(found), scimclient.Text(found)))
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
		if err := r.send(ctx, "/Users/"+p.id, r.Active(on, r.user(p), was)); err != nil {
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
