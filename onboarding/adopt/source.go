package adopt

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"keycloak-scim-proxy/onboarding"
)

// Source says which users are looked at. One of its fields is set.
type Source struct {
	// Members are the members of the tenant's organization, such as those of just-in-time logins.
	Members bool
	// Search is a text that Keycloak searches for in names and addresses of users.
	Search string
	// Users are userNames or ids.
	Users iter.Seq[string]
}

// user as Keycloak lists it.
type user struct{ ID, Username string }

// page is how many users one request reads; no more are in memory.
const page = 200

// each calls fn with every user of a source.
func (a *Adoption) each(ctx context.Context, from Source, fn func(user) error) error {
	switch {
	case from.Users != nil:
		return a.named(ctx, from.Users, fn)
	case from.Members && a.objects.Organization == "":
		return errors.New("the tenant has no organization: name its users, or search for them")
	case from.Members:
		return a.pages(ctx, nil, fn, "organizations", a.objects.Organization, "members")
	case strings.TrimSpace(from.Search) == "":
		return errors.New("say which users: the members of the organization, a text to search for, or a list")
	}
	return a.pages(ctx, url.Values{"search": {from.Search}}, fn, "users")
}

// pages reads a list page by page. Neither list depends on who has joined the tenant's group.
func (a *Adoption) pages(ctx context.Context, query url.Values, fn func(user) error, path ...string) error {
	for first := 0; ; first += page {
		asked := url.Values{"first": {strconv.Itoa(first)}, "max": {strconv.Itoa(page)}, "briefRepresentation": {"true"}}
		maps.Copy(asked, query)
		var users []user
		if err := a.get(ctx, &users, asked, path...); err != nil {
			return err
		}
		for _, u := range users {
			if err := fn(u); err != nil {
				return err
			}
		}
		if len(users) < page {
			return nil
		}
	}
}

// named looks up users by name, then by id. A name that no user has gives a user without an id.
func (a *Adoption) named(ctx context.Context, names iter.Seq[string], fn func(user) error) error {
	for name := range names {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		u, err := a.lookUp(ctx, name)
		if err == nil {
			err = fn(u)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *Adoption) lookUp(ctx context.Context, name string) (user, error) {
	var found []user
	err := a.get(ctx, &found, url.Values{"username": {name}, "exact": {"true"}}, "users")
	if err != nil {
		return user{}, err
	}
	if len(found) == 1 {
		return found[0], nil
	}
	var one user
	err = a.get(ctx, &one, nil, "users", name)
	if onboarding.Status(err) == http.StatusNotFound {
		return user{Username: name}, nil
	}
	return one, err
}

// get reads from the Admin REST API of the realm.
func (a *Adoption) get(ctx context.Context, result any, query url.Values, path ...string) error {
	if err := a.admin.Renew(ctx); err != nil {
		return err
	}
	_, err := a.admin.Do(ctx, a.spec.Realm, onboarding.Request{Method: http.MethodGet, Path: path, Query: query, Result: result})
	return err
}

// send changes something by the Admin REST API of the realm.
func (a *Adoption) send(ctx context.Context, method string, body any, path ...string) error {
	if err := a.admin.Renew(ctx); err != nil {
		return err
	}
	_, err := a.admin.Do(ctx, a.spec.Realm, onboarding.Request{Method: method, Path: path, Body: body})
	return err
}
