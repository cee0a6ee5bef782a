package soak

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// createGroup makes a group without members. If the outcome of an attempt is not known, it looks
// the group up.
func (p *provider) createGroup(ctx context.Context) error {
	g := &club{name: p.word("Group")}
	err := repeat(ctx, func(n int) error {
		if n > 0 {
			found, _, err := p.find(ctx, "/Groups", fmt.Sprintf("displayName eq %q", g.name))
			if err != nil || len(found) > 1 {
				return fmt.Errorf("%d groups are named %s: %w", len(found), g.name, err)
			}
			if len(found) == 1 {
				g.id = text(found[0]["id"])
				return nil
			}
		}
		a, err := p.want(ctx, http.MethodPost, "/Groups", object{"schemas": []string{groupURN}, "displayName": g.name}, http.StatusCreated)
		g.id = text(a.body["id"])
		return err
	})
	if err != nil {
		return err
	}
	p.groups = append(p.groups, g)
	return p.checkGroup(ctx, g)
}

// changeMembers adds users to a group that they are not in, or removes members.
func (p *provider) changeMembers(ctx context.Context) error {
	g, how := one(p, p.groups), p.Add
	var candidates []string
	for _, u := range p.users {
		if !slices.Contains(g.members, u.id) {
			candidates = append(candidates, u.id)
		}
	}
	if remove := p.rand.IntN(2) == 0; len(candidates) == 0 || remove && len(g.members) > 0 {
		candidates, how = g.members, p.Remove
	}
	changed := slices.Clone(candidates[:1+p.rand.IntN(len(candidates))])
	all := slices.DeleteFunc(slices.Clone(g.members), func(id string) bool { return slices.Contains(changed, id) })
	if len(all) == len(g.members) {
		all = append(all, changed...)
	}
	r := how(object{"id": g.id, "displayName": g.name}, changed, all)
	g.members = all
	return p.writeGroup(ctx, g, r.Method, r.Body)
}

func (p *provider) renameGroup(ctx context.Context) error {
	g := one(p, p.groups)
	name := p.word("Renamed")
	r := p.Rename(object{"id": g.id, "displayName": g.name}, name, g.members)
	g.name = name
	return p.writeGroup(ctx, g, r.Method, r.Body)
}

// writeGroup repeats a change and checks the result.
func (p *provider) writeGroup(ctx context.Context, g *club, method string, body object) error {
	err := repeat(ctx, func(int) error {
		_, err := p.want(ctx, method, "/Groups/"+g.id, body, http.StatusOK, http.StatusNoContent)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", g.name, err)
	}
	return p.checkGroup(ctx, g)
}

func (p *provider) readGroup(ctx context.Context) error { return p.checkGroup(ctx, one(p, p.groups)) }

// checkGroup reads a group, which must be what the provider wants.
func (p *provider) checkGroup(ctx context.Context, g *club) error {
	return repeat(ctx, func(int) error {
		a, err := p.want(ctx, http.MethodGet, "/Groups/"+g.id, nil, http.StatusOK)
		if err == nil && shownGroup(a.body) != g.String() {
			err = fmt.Errorf("wanted %s\nshown  %s", g, shownGroup(a.body))
		}
		return err
	})
}
