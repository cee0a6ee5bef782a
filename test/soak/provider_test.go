package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"

	"keycloak-scim-proxy/adapters/shapes"
)

// These are the most users and groups that a provider has. The groups of a group tenant come from a
// pool, and a deleted one does not become free again, so groups are made, changed and renamed only.
const (
	mostUsers, mostGroups = 12, 4
)

// provider acts as an identity provider with its own users and groups: it carries out one intent
// after the other, in the forms of its kind, and repeats each until the directory shows it. It does
// not read its own users from the directory to know them.
type provider struct {
	shapes.User
	shapes.Group
	*client
	w      *world
	prefix string // of the names of its users and groups
	rand   *rand.Rand
	count  int // users and groups made so far
	users  []*person
	groups []*club
	left   []string // userNames of deleted users
	done   atomic.Int64
}

func newProvider(w *world, tenant *tenant, i int, r *report) *provider {
	prefix := fmt.Sprintf("%s%d", tenant.name, i)
	mixed := *seed
	for _, b := range prefix {
		mixed = mixed*31 + uint64(b)
	}
	return &provider{
		User: shapes.For(tenant.idp), Group: shapes.GroupFor(tenant.idp), client: newClient(w, tenant, r),
		w: w, prefix: prefix, rand: rand.New(rand.NewPCG(*seed, mixed)),
	}
}

// intent is one thing that a provider does. A weight is how often it does it among all.
type intent struct {
	name   string
	weight int
	does   func(ctx context.Context) error
}

// run carries out intents until the context ends, and finishes the last one. An intent that fails
// ends it.
func (p *provider) run(ctx context.Context) {
	finish := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		i := p.choose()
		if err := i.does(finish); err != nil {
			p.w.t.Errorf("%s: %s: %v", p.prefix, i.name, err)
			return
		}
		p.report.done(p.tenant.name, i.name)
		p.done.Add(1)
		pause(ctx, pace)
	}
}

// choose returns a random intent that is possible now.
func (p *provider) choose() intent {
	all := []intent{}
	if len(p.users) < mostUsers {
		all = append(all, intent{"create", 6, p.create})
	}
	if len(p.users) > 0 {
		all = append(all, intent{"update", 6, p.change}, intent{"active", 3, p.switchActive},
			intent{"look up", 3, p.lookUp}, intent{"read", 3, p.read}, intent{"list", 1, p.listOwn})
		if p.tenant.idp != "okta" && len(p.users) > mostUsers/2 { // Okta deletes no users
			all = append(all, intent{"delete", 2, p.remove})
		}
	}
	if len(p.left) > 0 {
		all = append(all, intent{"look up a leaver", 1, p.lookUpLeaver})
	}
	if len(p.groups) < mostGroups && len(p.users) > 0 {
		all = append(all, intent{"create group", 2, p.createGroup})
	}
	if len(p.groups) > 0 && len(p.users) > 1 {
		all = append(all, intent{"members", 5, p.changeMembers}, intent{"rename group", 1, p.renameGroup}, intent{"read group", 2, p.readGroup})
	}
	sum := 0
	for _, i := range all {
		sum += i.weight
	}
	n := p.rand.IntN(sum)
	for _, i := range all {
		if n -= i.weight; n < 0 {
			return i
		}
	}
	return all[0]
}

// word returns a text that no other change has.
func (p *provider) word(kind string) string {
	p.count++
	return fmt.Sprintf("%s %s-%d", kind, p.prefix, p.count)
}

func one[T any](p *provider, all []T) T { return all[p.rand.IntN(len(all))] }
