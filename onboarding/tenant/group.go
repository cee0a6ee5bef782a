package tenant

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"keycloak-scim-proxy/onboarding"
)

// freePrefix begins the name of a group of the pool that no group of the tenant has taken yet.
const freePrefix = "~free-"

// child is a child group of the tenant's group.
type child struct{ ID, Name string }

func (c child) free() bool { return strings.HasPrefix(c.Name, freePrefix) }

// storeName is the name of the group that the proxy takes to notice a lost store.
const storeName = "~store"

// findGroup returns the id of the tenant's group, "" if there is none.
func (t *Tenant) findGroup(ctx context.Context) (string, error) {
	var g child
	err := t.get(ctx, &g, nil, "group-by-path", t.Group)
	return g.ID, absent(err)
}

func (t *Tenant) group() step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			id, err := t.findGroup(ctx)
			if err != nil || id != "" {
				return nil, err
			}
			return &Change{What: "group", To: "/" + t.Group}, nil
		},
		do: func(ctx context.Context) error {
			_, err := t.create(ctx, map[string]string{"name": t.Group}, "groups")
			return err
		},
	}
}

// children returns the child groups of the tenant's group, none if there is no group.
func (t *Tenant) children(ctx context.Context) (all []child, err error) {
	group, err := t.findGroup(ctx)
	if err != nil || group == "" {
		return nil, err
	}
	return onboarding.Pages[child](ctx, t.admin, t.Realm, nil, "groups", group, "children")
}

// Pool are the groups of a tenant.
type Pool struct {
	// Free is how many groups no group of the tenant has taken.
	Free int `json:"free"`
	// Groups are the names of the tenant's groups.
	Groups []string `json:"groups"`
}

// ReadPool reads the groups of a tenant.
func (t *Tenant) ReadPool(ctx context.Context) (Pool, error) {
	all, err := t.children(ctx)
	return poolOf(all), err
}

func poolOf(all []child) Pool {
	p := Pool{Groups: []string{}}
	for _, c := range all {
		switch {
		case c.free():
			p.Free++
		case c.Name != storeName:
			p.Groups = append(p.Groups, c.Name)
		}
	}
	return p
}

// wanted is how many free groups the tenant shall have: one more than the pool until the proxy has
// taken its own.
func (t *Tenant) wanted(all []child) int {
	if slices.ContainsFunc(all, func(c child) bool { return c.Name == storeName }) {
		return t.Pool
	}
	return t.Pool + 1
}

func (t *Tenant) pool() step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			all, err := t.children(ctx)
			free, want := poolOf(all).Free, t.wanted(all)
			if err != nil || free >= want || t.Pool == 0 {
				return nil, err
			}
			c := &Change{What: "free groups below /" + t.Group, To: strconv.Itoa(want)}
			if free > 0 {
				c.From = strconv.Itoa(free)
			}
			return c, nil
		},
		do: t.fill,
	}
}

// fill creates free groups, with numbers that none has.
func (t *Tenant) fill(ctx context.Context) error {
	group, err := t.findGroup(ctx)
	if err != nil {
		return err
	}
	all, err := t.children(ctx)
	if err != nil {
		return err
	}
	free, next := 0, 1
	for _, c := range all {
		if c.free() {
			free++
			n, _ := strconv.Atoi(strings.TrimPrefix(c.Name, freePrefix))
			next = max(next, n+1)
		}
	}
	for ; free < t.wanted(all); free++ {
		if err := t.admin.Renew(ctx); err != nil {
			return err
		}
		if _, err := t.create(ctx, map[string]string{"name": fmt.Sprintf("%s%04d", freePrefix, next)}, "groups", group, "children"); err != nil {
			return err
		}
		next++
	}
	return nil
}
