package tenant

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"keycloak-scim-proxy/onboarding"
)

// freePrefix begins the name of a group of the pool that no group of the tenant has taken yet.
const freePrefix = "~free-"

// child is a child group of the tenant's group.
type child struct{ ID, Name string }

func (c child) free() bool { return strings.HasPrefix(c.Name, freePrefix) }

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
func (t *Tenant) ReadPool(ctx context.Context) (p Pool, err error) {
	all, err := t.children(ctx)
	p.Groups = []string{}
	for _, c := range all {
		if c.free() {
			p.Free++
		} else {
			p.Groups = append(p.Groups, c.Name)
		}
	}
	return p, err
}

func (t *Tenant) pool() step {
	return step{
		look: func(ctx context.Context) (*Change, error) {
			p, err := t.ReadPool(ctx)
			if err != nil || p.Free >= t.Pool {
				return nil, err
			}
			c := &Change{What: "free groups below /" + t.Group, To: strconv.Itoa(t.Pool)}
			if p.Free > 0 {
				c.From = strconv.Itoa(p.Free)
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
	for ; free < t.Pool; free++ {
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
