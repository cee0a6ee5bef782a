package soak

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"keycloak-scim-proxy/adapters/shapes"
)

// create makes a user. If the outcome of an attempt is not known, it looks the user up, as
// providers do, and takes the one that it finds.
func (p *provider) create(ctx context.Context) error {
	p.count++
	name := fmt.Sprintf("%s-%d", p.prefix, p.count)
	one := person{
		userName: name + "@example.com", external: "ext-" + name, given: "Given " + name, family: "Family",
		title: "Clerk", department: "Sales", phone: fmt.Sprintf("555-%04d", p.count), active: true,
	}
	err := repeat(ctx, func(n int) error {
		if n > 0 {
			found, err := p.byName(ctx, one.userName)
			if err != nil {
				return err
			}
			if found != nil {
				one.id = text(found["id"])
				return p.complete(ctx, one, found)
			}
		}
		a, err := p.want(ctx, http.MethodPost, "/Users", p.Create(one.object()), http.StatusCreated, http.StatusConflict)
		if err != nil {
			return err
		}
		if a.status == http.StatusConflict { // right only if an attempt before has made it
			if n == 0 {
				return fmt.Errorf("the first create of %s: 409 %v", one.userName, a.body)
			}
			return again{why: "409, and the look-up finds nobody"}
		}
		one.id = text(a.body["id"])
		return nil
	})
	if err != nil {
		return err
	}
	p.users = append(p.users, &one)
	return p.check(ctx, &one)
}

// complete makes the user that was found what the provider wants.
func (p *provider) complete(ctx context.Context, wanted person, found object) error {
	if shownUser(found) == wanted.String() {
		return nil
	}
	return p.update(ctx, wanted, found)
}

// update sends all attributes that change. A user whose create had no answer may be there without
// the attributes that only the proxy keeps. A filter for a phone number would select nothing then,
// which is 400 (RFC 7644 section 3.5.2.3).
func (p *provider) update(ctx context.Context, wanted person, shown object) error {
	phone := shapes.Change{Path: `phoneNumbers[type eq "work"].value`, Value: wanted.phone}
	if shown["phoneNumbers"] == nil {
		phone = shapes.Change{Path: "phoneNumbers", Value: wanted.object()["phoneNumbers"]}
	}
	changes := []shapes.Change{
		{Path: "name.familyName", Value: wanted.family}, {Path: "title", Value: wanted.title},
		{Path: enterprise + ":department", Value: wanted.department}, phone,
	}
	if text(shown["externalId"]) != wanted.external {
		changes = append(changes, shapes.Change{Path: "externalId", Value: wanted.external})
	}
	r := p.Update(changes, wanted.object(), shown)
	_, err := p.want(ctx, r.Method, "/Users/"+wanted.id, r.Body, http.StatusOK, http.StatusNoContent)
	return err
}

// change updates a user.
func (p *provider) change(ctx context.Context) error {
	u := one(p, p.users)
	u.family, u.title, u.department, u.phone = p.word("Family"), p.word("Title"), p.word("Department"), p.word("555")
	return p.write(ctx, u, func(shown object) error { return p.update(ctx, *u, shown) })
}

// switchActive deactivates a user, or activates it again.
func (p *provider) switchActive(ctx context.Context) error {
	u := one(p, p.users)
	u.active = !u.active
	return p.write(ctx, u, func(shown object) error {
		r := p.Active(u.active, u.object(), shown)
		_, err := p.want(ctx, r.Method, "/Users/"+u.id, r.Body, http.StatusOK, http.StatusNoContent)
		return err
	})
}

// write repeats a change from a fresh read, and checks the result.
func (p *provider) write(ctx context.Context, u *person, change func(shown object) error) error {
	err := repeat(ctx, func(int) error {
		a, err := p.want(ctx, http.MethodGet, "/Users/"+u.id, nil, http.StatusOK)
		if err != nil {
			return err
		}
		return change(a.body)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", u.userName, err)
	}
	return p.check(ctx, u)
}

// check reads a user, which must be what the provider wants.
func (p *provider) check(ctx context.Context, u *person) error {
	return repeat(ctx, func(int) error {
		a, err := p.want(ctx, http.MethodGet, "/Users/"+u.id, nil, http.StatusOK)
		if err == nil && shownUser(a.body) != u.String() {
			err = fmt.Errorf("wanted %s\nshown  %s", u, shownUser(a.body))
		}
		return err
	})
}

func (p *provider) read(ctx context.Context) error { return p.check(ctx, one(p, p.users)) }

// lookUp finds a user by name, or by an attribute that the proxy keeps.
func (p *provider) lookUp(ctx context.Context) error {
	u := one(p, p.users)
	filter := fmt.Sprintf("userName eq %q", u.userName)
	if p.rand.IntN(2) == 0 {
		filter = fmt.Sprintf("externalId eq %q", u.external)
	}
	return repeat(ctx, func(int) error {
		found, _, err := p.find(ctx, "/Users", filter)
		if err == nil && (len(found) != 1 || shownUser(found[0]) != u.String()) {
			err = fmt.Errorf("%s finds %v, wanted %s", filter, found, u)
		}
		return err
	})
}

// byName returns the user with a name, or nil.
func (p *provider) byName(ctx context.Context, name string) (object, error) {
	found, _, err := p.find(ctx, "/Users", fmt.Sprintf("userName eq %q", name))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	if len(found) > 1 {
		return nil, fmt.Errorf("%d users are named %s", len(found), name)
	}
	return found[0], nil
}

func (p *provider) lookUpLeaver(ctx context.Context) error {
	name := one(p, p.left)
	return repeat(ctx, func(int) error {
		found, err := p.byName(ctx, name)
		if err == nil && found != nil {
			err = fmt.Errorf("the deleted user %s is found: %v", name, found)
		}
		return err
	})
}

// listOwn reads all users of the provider by one list.
func (p *provider) listOwn(ctx context.Context) error {
	return repeat(ctx, func(int) error {
		found, total, err := p.find(ctx, "/Users", fmt.Sprintf("userName sw %q", p.prefix+"-"))
		if err == nil && (total != len(p.users) || len(found) != total) {
			err = fmt.Errorf("the list has %d of %d users, wanted %d", len(found), total, len(p.users))
		}
		return err
	})
}

// remove deletes a user.
func (p *provider) remove(ctx context.Context) error {
	u := one(p, p.users)
	err := repeat(ctx, func(n int) error {
		a, err := p.want(ctx, http.MethodDelete, "/Users/"+u.id, nil, http.StatusNoContent, http.StatusNotFound)
		if err == nil && a.status == http.StatusNotFound && n == 0 {
			err = fmt.Errorf("%s does not exist, and was not deleted", u.userName)
		}
		return err
	})
	if err != nil {
		return err
	}
	p.left = append(p.left, u.userName)
	p.users = slices.DeleteFunc(p.users, func(o *person) bool { return o == u })
	for _, g := range p.groups {
		g.members = slices.DeleteFunc(g.members, func(id string) bool { return id == u.id })
	}
	return nil
}
